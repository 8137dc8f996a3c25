package dev.understudy.delivery;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** The kinds of sockets there are. */
public enum Transport {
    /** Linux, by Netty's native library. */
    EPOLL,
    /** The JDK's, everywhere. */
    NIO;

    /** The better one of those that work here. */
    public static Transport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    /** A group of event loops of this kind; the caller shuts it down. */
    public MultiThreadIoEventLoopGroup loops(int count) {
        IoHandlerFactory handlers =
                switch (this) {
                    case EPOLL -> EpollIoHandler.newFactory();
                    case NIO -> NioIoHandler.newFactory();
                };
        return new MultiThreadIoEventLoopGroup(
                count, new DefaultThreadFactory("sessions", true), handlers);
    }

    /** The sockets that go with these loops. */
    public Class<? extends SocketChannel> socketType() {
        return switch (this) {
            case EPOLL -> EpollSocketChannel.class;
            case NIO -> NioSocketChannel.class;
        };
    }

    /** The listening sockets that go with these loops. */
    public Class<? extends ServerSocketChannel> listenerType() {
        return switch (this) {
            case EPOLL -> EpollServerSocketChannel.class;
            case NIO -> NioServerSocketChannel.class;
        };
    }
}
