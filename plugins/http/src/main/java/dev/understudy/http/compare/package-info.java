/**
 * Whether two answers say the same. {@link dev.understudy.http.compare.HttpReply} is what a session
 * keeps of an answer, {@link dev.understudy.http.compare.Comparison} holds two of them against each
 * other, and {@link dev.understudy.http.compare.NoiseLearner} finds out what differs between equal
 * servers, too. No I/O but the noise file's, no clock. Depends on {@code message} only.
 */
package dev.understudy.http.compare;
