//! What a connection runs over: TCP from anywhere, or the socket on this machine that only the
//! owner of the process and root may use.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};

/// Something to accept connections from.
pub struct Listener {
    kind: Kind,
}

enum Kind {
    Tcp(TcpListener),
    Local { listener: UnixListener, owner: u32, path: PathBuf },
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Peer {
    /// Somebody at this address.
    Network(SocketAddr),
    /// The owner of this process, or root, by the credentials of the local socket.
    Owner,
}

impl Peer {
    /// Its address; the local socket counts as loopback.
    pub(super) fn ip(self) -> IpAddr {
        match self {
            Self::Network(address) => address.ip(),
            Self::Owner => Ipv4Addr::LOCALHOST.into(),
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self { kind: Kind::Tcp(listener) }
    }
}

impl Listener {
    /// Listens on a socket file of mode 0600. One that a former process left is replaced: whoever
    /// calls this holds the lock on the database beside it.
    pub fn local(path: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        let owner = fs::symlink_metadata(path)?.uid();
        Ok(Self { kind: Kind::Local { listener, owner, path: path.to_owned() } })
    }

    /// The next connection. One that a stranger opened to the local socket is closed unheard.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Peer)>> {
        match &self.kind {
            Kind::Tcp(listener) => listener.poll_accept(cx).map_ok(|(stream, address)| {
                // Without it answers wait for acknowledgements; a socket that refuses is served
                // all the same.
                let _ = stream.set_nodelay(true);
                (Stream::Tcp(stream), Peer::Network(address))
            }),
            Kind::Local { listener, owner, .. } => loop {
                match listener.poll_accept(cx) {
                    Poll::Ready(Ok((stream, _))) => {
                        let uid = stream.peer_cred()?.uid();
                        if uid == *owner || uid == 0 {
                            return Poll::Ready(Ok((Stream::Local(stream), Peer::Owner)));
                        }
                        tracing::warn!(uid, "a stranger came to the local socket");
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                }
            },
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Kind::Local { path, .. } = &self.kind {
            // What stays behind is replaced by the next start.
            let _ = fs::remove_file(path);
        }
    }
}

/// An open connection.
pub(super) enum Stream {
    Tcp(TcpStream),
    Local(UnixStream),
}

/// Calls the same method of whichever stream it is.
macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $call,
            Stream::Local($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_read(cx, room))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => Pin::new(stream).poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}
