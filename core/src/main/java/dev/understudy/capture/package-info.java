/**
 * Packets from interfaces, recordings and pipes, as the link layer carried them, and recordings
 * written. A {@link PacketSource} fills a {@link PacketBatch}, which is handed over whole; nothing
 * is allocated per packet. What a packet says is not looked at here. Depends on {@code sys} only.
 */
package dev.understudy.capture;
