/**
 * The built-in protocol {@code tcp}, for services that no plugin knows: bytes go to the target as
 * they are, and answers are compared by length and hash. Sees the plugin API alone, as a plugin
 * would.
 */
package dev.understudy.opaque;
