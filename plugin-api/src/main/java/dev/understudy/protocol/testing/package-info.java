/** What the tests of a plugin drive its sessions with. No test framework is needed. */
package dev.understudy.protocol.testing;
