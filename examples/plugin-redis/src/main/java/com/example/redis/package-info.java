/**
 * Redis and what speaks like it, as an example of a plugin: RESP2 and RESP3, inline commands,
 * logins with the target's credentials, transactions. Sees {@code plugin-api} and nothing else of
 * Understudy. {@link com.example.redis.RedisProtocol} is the door; {@link
 * com.example.redis.RedisSession} is one connection.
 */
package com.example.redis;
