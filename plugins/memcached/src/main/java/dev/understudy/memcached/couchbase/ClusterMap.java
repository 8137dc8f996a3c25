package dev.understudy.memcached.couchbase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Which node owns which part of a bucket's keys, at one revision.
 *
 * @param epoch counts how often revisions began anew; 0 where a server does not tell
 * @param revision counts within an epoch
 * @param nodes the data nodes
 * @param owners for each vbucket the index of its node, or {@value #NOBODY}
 * @see "Couchbase kv_engine, docs/NotMyVbucket.md and BinaryProtocol.md, Get Cluster Config"
 */
record ClusterMap(long epoch, long revision, List<Node> nodes, List<Integer> owners) {
    /** Bytes of a map's text; one of 1024 vbuckets and 100 nodes has about 40 KB. */
    static final int MAX_BYTES = 4 << 20;

    /** The index of the owner of a vbucket that is not served at the moment. */
    static final int NOBODY = -1;

    /** The host that stands for the one the map was fetched from. */
    private static final String THIS_HOST = "$HOST";

    private static final int MAX_VBUCKETS = 1 << 15;
    private static final int MAX_NODES = 1024;

    /** Readers of JSON may be shared by threads. */
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A data node.
     *
     * @param host a name or a literal address
     * @param port of the data service in plain, 1..65535
     * @param tlsPort the same inside TLS, 0 where there is none
     */
    record Node(String host, int port, int tlsPort) {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    ClusterMap {
        nodes = List.copyOf(nodes);
        owners = List.copyOf(owners);
    }

    /**
     * Reads a map.
     *
     * @param json its readable bytes, which are left as they are
     * @param fetchedFrom the host of the node that gave it
     * @throws IOException where it is none, with what is wrong
     */
    static ClusterMap read(ByteBuf json, String fetchedFrom) throws IOException {
        JsonNode root;
        try {
            root = JSON.readTree(new ByteBufInputStream(json.duplicate()));
        } catch (JsonProcessingException e) {
            // The message may quote the text, which may hold the bucket's password.
            throw new IOException("the cluster map is no JSON, " + at(e), e);
        }
        JsonNode vbuckets = root.path("vBucketServerMap");
        if (!vbuckets.isObject()) {
            throw new IOException(
                    "the cluster map has no vBucketServerMap: the bucket must be of the type"
                            + " couchbase or ephemeral");
        }
        List<Node> nodes = nodes(root, vbuckets, fetchedFrom);
        return new ClusterMap(
                root.path("revEpoch").asLong(0),
                root.path("rev").asLong(0),
                nodes,
                owners(vbuckets, nodes.size()));
    }

    private static String at(JsonProcessingException e) {
        return e.getLocation() == null
                ? "at its end"
                : "at byte " + e.getLocation().getByteOffset();
    }

    private static List<Node> nodes(JsonNode root, JsonNode vbuckets, String fetchedFrom)
            throws IOException {
        JsonNode servers = vbuckets.path("serverList");
        if (servers.isEmpty() || servers.size() > MAX_NODES) {
            throw new IOException("the cluster map names " + servers.size() + " servers");
        }
        List<Node> nodes = new ArrayList<>(servers.size());
        for (int i = 0; i < servers.size(); i++) {
            String server = servers.get(i).asText();
            int colon = server.lastIndexOf(':');
            String port = server.substring(colon + 1);
            if (colon < 1 || !port.matches("[0-9]{1,5}")) {
                throw new IOException("the cluster map names the server '" + server + "'");
            }
            String host = server.substring(0, colon).replace("[", "").replace("]", "");
            nodes.add(
                    new Node(
                            host.equals(THIS_HOST) ? fetchedFrom : host,
                            Integer.parseInt(port),
                            tlsPort(root, i)));
        }
        return nodes;
    }

    /** The data nodes come first in nodesExt, in the order of the server list. */
    private static int tlsPort(JsonNode root, int index) {
        return root.path("nodesExt").path(index).path("services").path("kvSSL").asInt(0);
    }

    private static List<Integer> owners(JsonNode vbuckets, int nodes) throws IOException {
        // While vbuckets move, the forward map says where they will be: not used, the node that
        // has one still answers for it.
        JsonNode chains = vbuckets.path("vBucketMap");
        if (chains.isEmpty() || chains.size() > MAX_VBUCKETS) {
            throw new IOException("the cluster map has " + chains.size() + " vbuckets");
        }
        List<Integer> owners = new ArrayList<>(chains.size());
        for (JsonNode chain : chains) {
            int owner = chain.path(0).asInt(NOBODY);
            if (owner < NOBODY || owner >= nodes) {
                throw new IOException(
                        "the cluster map gives a vbucket to server %d of %d"
                                .formatted(owner, nodes));
            }
            owners.add(owner);
        }
        return owners;
    }

    /** Whether this is a later state of the cluster. */
    boolean newerThan(ClusterMap other) {
        return epoch != other.epoch ? epoch > other.epoch : revision > other.revision;
    }

    /**
     * The vbucket of a key.
     *
     * @param key its readable bytes, as they are on the wire; indices stay
     */
    int vbucket(ByteBuf key) {
        return vbucket(key, owners.size());
    }

    static int vbucket(ByteBuf key, int vbuckets) {
        CRC32 crc = new CRC32();
        crc.update(key.nioBuffer());
        return (int) ((crc.getValue() >> 16) & 0x7fff) % vbuckets;
    }

    /** The node that owns a vbucket; empty where none does at the moment. */
    Optional<Node> owner(int vbucket) {
        int owner = owners.get(vbucket);
        return owner == NOBODY ? Optional.empty() : Optional.of(nodes.get(owner));
    }
}
