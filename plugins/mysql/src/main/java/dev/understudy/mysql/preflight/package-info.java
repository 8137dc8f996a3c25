/**
 * Whether the two servers are alike enough that a difference in an answer says something of the
 * target: read before the run, from both. Blocks; for {@code prepare} and {@code examine} alone.
 */
package dev.understudy.mysql.preflight;
