/**
 * A connection to a target outside of a run, to try before it whether it lets us in. What blocks is
 * here alone; what is said comes from the same state machines as in a run.
 */
package dev.understudy.memcached.trial;
