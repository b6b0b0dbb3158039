//! Listens on the loopback interface, and on no other; a thread for each connection.

use std::io::{BufReader, BufWriter, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::request;
use super::routes::Routes;

/// Connections at a time: a browser opens six for a site, and there may be several.
const MOST_CONNECTIONS: usize = 64;
/// How long a connection may lie idle.
const IDLE: Duration = Duration::from_secs(60);

/// What listens.
pub(super) struct Server {
    listeners: Vec<TcpListener>,
    port: u16,
}

impl Server {
    /// Listens on a port, on a free one if it is 0.
    ///
    /// # Errors
    /// When the port is taken, or not to be had.
    pub(super) fn listen(port: u16) -> Result<Self, String> {
        let taken = |error| format!("Port {port} cannot be served: {error}. Without --port a free one is taken.");
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
        let port = first.local_addr().map_err(taken)?.port();
        // “localhost” may mean this one; a machine without IPv6 has only the first.
        let second = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).ok();
        Ok(Self { listeners: [first].into_iter().chain(second).collect(), port })
    }

    /// Host and port to open.
    pub(super) fn host(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// What a browser that was not led here by another name calls this host.
    pub(super) fn hosts(&self) -> Vec<String> {
        ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{}", self.port)).to_vec()
    }

    /// Serves until the process ends.
    pub(super) fn run(self, routes: &Arc<Routes>) {
        let count = Arc::new(AtomicUsize::new(0));
        let accept = |listener: TcpListener| {
            let (routes, count) = (Arc::clone(routes), Arc::clone(&count));
            thread::spawn(move || accept(&listener, &routes, &count))
        };
        for thread in self.listeners.into_iter().map(accept).collect::<Vec<_>>() {
            // It ends with the process.
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, routes: &Arc<Routes>, count: &Arc<AtomicUsize>) {
    loop {
        let Ok((stream, _)) = listener.accept() else {
            // No file descriptors are left, most likely: some will be.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        if count.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
            count.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (routes, count) = (Arc::clone(routes), Arc::clone(count));
        thread::spawn(move || {
            // A browser that goes away in the middle of an answer is no error of ours.
            let _ = converse(&stream, &routes);
            count.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn converse(stream: &TcpStream, routes: &Routes) -> std::io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let mut reader = BufReader::new(stream);
    let mut writer = BufWriter::new(stream);
    while let Some(request) = request::read(&mut reader)? {
        let stays = request.stays && !request.has_body;
        routes.answer(&request).write(&mut writer, request.method != "HEAD", stays)?;
        writer.flush()?;
        if !stays {
            break;
        }
    }
    Ok(())
}
