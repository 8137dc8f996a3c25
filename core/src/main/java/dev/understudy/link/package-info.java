/**
 * How the ends of a link come to believe each other: TLS 1.3, and a shared secret that either end
 * proves over what only the two ends of this one session know. {@link dev.understudy.link.Door}
 * stands where links are taken, {@link dev.understudy.link.Caller} where they are made; what is
 * said afterwards is the business of who uses them. Sees nothing of ours.
 */
package dev.understudy.link;
