/**
 * Logins: following the captured one to its outcome, and making one of our own on the target, with
 * the target's user, password, method, capabilities and collation. State machines without I/O: they
 * are shown packets and say what to send. A password is used here and nowhere else, and appears in
 * no text.
 */
package dev.understudy.mysql.login;
