// SPDX-License-Identifier: Apache-2.0
// The list of transports: one line for each file transport_NAME.c. The first one that serves the ranks is used.
SP_TRANSPORT(node)
SP_TRANSPORT(rails)
SP_TRANSPORT(messages)
