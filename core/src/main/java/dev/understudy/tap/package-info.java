/**
 * Capturing on one host and copying on another. {@link dev.understudy.tap.Tap} captures and ships,
 * {@link dev.understudy.tap.TapSource} takes from many taps and is a {@link
 * dev.understudy.capture.PacketSource} like any other. What is shipped, a {@link
 * dev.understudy.tap.ShippedBatch}, knows nothing of the link that ships it: it is numbered by its
 * first packet, so a jump in the numbers is the loss and a number seen before is a repetition,
 * whatever carries it. Sees {@code capture}, {@code delivery} and {@code link}.
 */
package dev.understudy.tap;
