// SPDX-License-Identifier: Apache-2.0
// The learning rate schedules: one line for each sp_schedule_NAME, in the order of the help.
SP_SCHEDULE(constant)
SP_SCHEDULE(step)
SP_SCHEDULE(multistep)
SP_SCHEDULE(exponential)
SP_SCHEDULE(polynomial)
SP_SCHEDULE(cosine)
SP_SCHEDULE(one_cycle)
SP_SCHEDULE(inverse_sqrt)
SP_SCHEDULE(plateau)
