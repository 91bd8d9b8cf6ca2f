/* SPDX-License-Identifier: MIT
 *
 * Ending connections by their descriptors, where nng 1.5.2 does not, or not well.
 *
 * It gives a peer ten seconds for its handshake over tcp://, but no limit over tls+tcp://: whoever
 * connects there and says nothing would keep a descriptor of the process for ever. And when it is
 * told to close a connection on which a message is just arriving, it may wait for the end of that
 * receive for ever (nng issues 1543 and 1813), and no connection of the process is buried again: a
 * peer that is sent away must not be able to choose that moment. A connection that was shut down
 * under it nng closes by itself, when it has read to the end.
 */
#ifndef WIRE_HALF_OPEN_H
#define WIRE_HALF_OPEN_H

#include <stddef.h>
#include <stdint.h>

enum { HALF_OPEN_MS = 10000, PEER_KEY = 18 };

/* A peer's address and port, equal bytes for equal ones. */
struct peer_key {
    unsigned char bytes[PEER_KEY]; /* IPv6, or IPv4 mapped to it, and the port, as on the wire */
};

/* Connections seen without a pipe, and since when. Empty by {0}. */
struct half_open {
    struct half_open_seen *seen;
    size_t n_seen;
};

void half_open_fini(struct half_open *half_open);

/* Shuts down the connection of this peer to this port of this machine, if there is one. */
void connection_shut(uint16_t port, const struct peer_key *peer);

/* Ends the connections to this port of this machine that were not among the n_known ones for
 * HALF_OPEN_MS, as far as earlier calls saw them; known is sorted in place. Returns how many. Whose
 * descriptor it is notices that its peer is gone, and closes it. */
unsigned half_open_end(struct half_open *half_open, uint16_t port, struct peer_key *known,
                       size_t n_known, int64_t now_ms);

#endif
