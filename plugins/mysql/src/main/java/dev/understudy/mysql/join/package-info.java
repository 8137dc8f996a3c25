/**
 * Sessions that were open before the capture began: what the online server tells of their state,
 * and when that may be trusted. {@link dev.understudy.mysql.join.SnapshotReader} asks the server
 * and is called by {@code refresh} alone; the rest does no I/O.
 */
package dev.understudy.mysql.join;
