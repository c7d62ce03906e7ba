// SPDX-License-Identifier: Apache-2.0
// The update rules: one line for each sp_rule_NAME, in the order of the help.
SP_RULE(rmsprop)
SP_RULE(sgd)
SP_RULE(adagrad)
SP_RULE(adam)
SP_RULE(adamw)
SP_RULE(nadam)
