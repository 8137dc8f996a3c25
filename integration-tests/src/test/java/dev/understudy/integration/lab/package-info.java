/** What the tests stand on: real servers, real clients, and Understudy as it is shipped. */
package dev.understudy.integration.lab;
