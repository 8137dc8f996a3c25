/**
 * What a client asks of a cache and what it is told, in the words that all dialects share: a
 * request as {@link dev.understudy.memcached.command.Ask}, an answer as {@link
 * dev.understudy.memcached.command.Answer}, their comparison, and what is known of keys. No bytes
 * of the wire but a value's own.
 */
package dev.understudy.memcached.command;
