/** The testkit as its users meet it: real servers, in containers and as plain processes. */
package dev.understudy.integration.testkit;
