/**
 * What the configuration says of requests: which of them may be sent to the target, and what is
 * written otherwise there. Pure; depends on {@code message} only.
 */
package dev.understudy.http.rules;
