/**
 * Bytes to the target and back, over the kernel's TCP with Netty: native epoll where there is one,
 * NIO elsewhere. A connection lives on the event loop of its session. Sees no other package of
 * core.
 */
package dev.understudy.delivery;
