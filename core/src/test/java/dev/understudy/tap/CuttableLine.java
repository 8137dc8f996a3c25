package dev.understudy.tap;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Passes connections on until it is cut: then all of them end, with what was under way. */
final class CuttableLine implements AutoCloseable {
    private final ServerSocket listening =
            new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final InetSocketAddress to;
    private final List<Socket> ends = new ArrayList<>();
    private boolean cut;

    CuttableLine(InetSocketAddress to) throws IOException {
        this.to = to;
        Thread.startVirtualThread(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listening.accept();
                synchronized (this) {
                    if (cut) {
                        near.close();
                        continue;
                    }
                    Socket far = new Socket(to.getAddress(), to.getPort());
                    ends.add(near);
                    ends.add(far);
                    Thread.startVirtualThread(() -> pass(near, far));
                    Thread.startVirtualThread(() -> pass(far, near));
                }
            }
        } catch (IOException _) {
            // Closed.
        }
    }

    private static void pass(Socket from, Socket into) {
        try (from;
                into;
                InputStream in = from.getInputStream();
                OutputStream out = into.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException _) {
            // Cut.
        }
    }

    synchronized void cut(boolean now) throws IOException {
        cut = now;
        if (now) {
            for (Closeable end : ends) {
                end.close();
            }
            ends.clear();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut(true);
    }
}
