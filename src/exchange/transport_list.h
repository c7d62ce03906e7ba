// SPDX-License-Identifier: Apache-2.0
// The transports there are: one line for each file transport_NAME.c. The first one that serves the ranks is taken.
SP_TRANSPORT(node)
SP_TRANSPORT(rails)
SP_TRANSPORT(messages)
