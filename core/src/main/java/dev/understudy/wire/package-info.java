/**
 * What a captured packet says, read in place: link layer, IP and TCP headers of {@link TcpSegment},
 * the arithmetic of sequence numbers. No I/O, no clock, no allocation per packet; checksums are
 * never verified, since a capture on the sending host sees them before the card fills them in. Sees
 * nothing else of ours.
 */
package dev.understudy.wire;
