/**
 * The protocols of this installation: {@link ProtocolCatalog} loads plugins from their jars and
 * zips, says why one does not fit, and gives a fresh {@code Protocol} for each copy. PF4J is used
 * here and nowhere else.
 */
package dev.understudy.plugins;
