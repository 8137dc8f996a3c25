/**
 * The state that a server gives its users, kept true on the target: cookies, tokens and validators
 * that the online server made are found in answers, and in later requests replaced by those that
 * the target made in their place; credentials are made anew. Values are secrets: nothing here
 * prints them, and tables hold hashes.
 */
package dev.understudy.http.state;
