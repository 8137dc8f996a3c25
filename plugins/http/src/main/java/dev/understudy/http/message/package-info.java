/**
 * HTTP/1.0 and 1.1 messages on the wire: where the head, the body and each part of it begin and end
 * (RFC 9112). No I/O, nothing kept beyond one head; bodies pass in pieces. Depends on nothing else
 * of this plugin.
 */
package dev.understudy.http.message;
