package dev.understudy.memcached.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KeyTableTest {
    @Test
    void noKeyThatWasStoredIsEverCold() {
        KeyTable keys = new KeyTable();
        for (int i = 0; i < 200_000; i++) {
            keys.stored("key:" + i);
        }
        int takenForStored = 0;
        for (int i = 0; i < 200_000; i++) {
            assertEquals(KeyPast.WRITTEN, keys.past("key:" + i), "key:" + i);
            takenForStored += keys.past("other:" + i) == KeyPast.COLD ? 0 : 1;
        }
        assertTrue(takenForStored < 20, takenForStored + " cold keys were taken for stored");
    }

    @Test
    void aLostWriteIsForgottenWithTheNextOneThatTheTargetTakes() {
        KeyTable keys = new KeyTable();
        keys.stored("k");
        keys.lost("k");
        assertEquals(KeyPast.LOST, keys.past("k"));
        keys.took("k");
        assertEquals(KeyPast.WRITTEN, keys.past("k"));
    }

    @Test
    void aChangeShows() {
        KeyTable keys = new KeyTable();
        int before = keys.changes("k");
        keys.changing("k");
        assertNotEquals(before, keys.changes("k"));
    }
}
