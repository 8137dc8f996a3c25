/**
 * Understudy as a library in other people's tests: a {@link Rehearsal} stands between a test's
 * clients and its server, copies what they do onto a second server, and says where that one answers
 * differently. {@link RehearsalExtension} does the housekeeping under JUnit Jupiter. Nothing here
 * keeps static state, so tests may run in parallel; and only {@link RehearsalPlan#capturing} needs
 * a privilege.
 */
package dev.understudy.testkit;
