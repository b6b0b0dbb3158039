//! A small service that takes orders over loopback, with pools for its orders and its replies, and a switch for each way to
//! get pools wrong.
//!
//! `cargo run --example order_service -- FAULT FOLDER` serves its own clients for about two seconds, writes a trace and heap
//! profiles into the folder, and ends with 0. With `all` for FAULT every fault runs at once, each in a process of its own and
//! a folder of its name.

#![allow(unsafe_code)] // The faults that only tickets make possible need the pointers of tickets.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use pool::{Block, BytePool, GetError, Guard, LeakLevel, Pool, PurgePolicy, Recorder};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is wrong with the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing.
    Healthy,
    /// Orders for what is sold out wait in a list for stock that never comes.
    Leak,
    /// A refund is put twice.
    DoublePut,
    /// Nobody clears an order before the next customer gets it.
    DirtyReuse,
    /// All orders are put by the one thread that mails receipts.
    CrossThread,
    /// A few customers send very long notes, and the pool keeps the room for them.
    Oversize,
    /// The pool is purged before anybody can use an idle object again.
    PurgeThrash,
    /// Orders are split into many parts; the pool keeps few, and making one is dear.
    NewStorm,
    /// Two orders for eight workers.
    Contention,
    /// A few long-lived receipts in every chunk.
    Fragmentation,
    /// A refund is put into the pool of orders.
    WrongPool,
}

impl Fault {
    const ALL: [(&str, Fault); 11] = [
        ("healthy", Fault::Healthy),
        ("leak", Fault::Leak),
        ("double-put", Fault::DoublePut),
        ("dirty-reuse", Fault::DirtyReuse),
        ("cross-thread", Fault::CrossThread),
        ("oversize", Fault::Oversize),
        ("purge-thrash", Fault::PurgeThrash),
        ("new-storm", Fault::NewStorm),
        ("contention", Fault::Contention),
        ("fragmentation", Fault::Fragmentation),
        ("wrong-pool", Fault::WrongPool),
    ];
}

const CLIENTS: usize = 8;
/// Of each client. A client thinks between two requests, so that the dumps show time passing and stay small.
const REQUESTS: usize = 160;
const THINKING: Duration = Duration::from_millis(12);
/// One order in so many is a refund, one is for what is sold out, and one has a very long note in the oversize mode.
const REFUND: usize = 10;
const SOLD_OUT: usize = 16;
const LONG_NOTE: usize = 41;
const LONG_NOTE_BYTES: usize = 200_000;
const RECEIPT_BYTES: usize = 3_000;
const ARTICLES: u32 = 500;

/// An order while it is worked on.
struct Order {
    id: usize,
    note: String,
    /// Price by article: what makes an order dear to make and worth to pool.
    prices: Vec<u32>,
}

impl Order {
    fn new(slow: Duration) -> Self {
        std::thread::sleep(slow);
        Order { id: 0, note: String::new(), prices: (0..ARTICLES).map(|article| 100 + article * 7).collect() }
    }

    fn clear(&mut self) {
        self.id = 0;
        self.note.clear();
    }

    fn bytes(&self) -> u64 {
        (size_of::<Self>() + self.note.capacity() + self.prices.capacity() * size_of::<u32>()) as u64
    }

    fn total(&self) -> u32 {
        self.prices.get(self.id % self.prices.len().max(1)).copied().unwrap_or(0)
    }
}

struct Pools {
    orders: Pool<Order>,
    refunds: Pool<Order>,
    replies: BytePool,
}

impl Pools {
    fn new(fault: Fault) -> Self {
        // As if prices were asked of another service.
        let slow = Duration::from_micros(if fault == Fault::NewStorm { 400 } else { 0 });
        let builder = |name| {
            let builder = Pool::builder(name, move || Order::new(slow))
                .size_of(Order::bytes)
                .is_clean(|order| order.note.is_empty())
                .leaks(LeakLevel::Full)
                .leak_threshold(Duration::from_millis(500))
                .purge(PurgePolicy::Interval(Duration::from_millis(800)));
            if fault == Fault::DirtyReuse { builder } else { builder.reset(Order::clear) }
        };
        let orders = match fault {
            Fault::Oversize => builder("orders"),
            Fault::PurgeThrash => builder("orders").purge(PurgePolicy::Interval(Duration::from_millis(1))),
            Fault::NewStorm => builder("orders").capacity_per_shard(1),
            Fault::Contention => builder("orders").bounded(2, Duration::from_secs(2)).shards(1),
            _ => builder("orders").retain_bytes(64 << 10),
        };
        let replies = BytePool::builder("replies").chunk_bytes(64 << 10).maintain_every(THINKING * 8).build();
        Pools { orders: orders.build(), refunds: builder("refunds").build(), replies }
    }
}

struct Service<'a> {
    fault: Fault,
    pools: &'a Pools,
    /// Orders that wait for stock.
    backlog: Mutex<Vec<Guard<'a, Order>>>,
    /// Where receipts are mailed, and their orders put.
    mail: mpsc::Sender<Guard<'a, Order>>,
}

impl<'a> Service<'a> {
    /// Answers one client until it hangs up.
    fn serve(&self, mut client: TcpStream) -> Outcome<()> {
        let mut requests = BufReader::new(client.try_clone()?);
        let mut line = String::new();
        while requests.read_line(&mut line)? > 0 {
            let (id, note) = line.trim_end().split_once(' ').unwrap_or(("0", ""));
            let answer = self.answer(id.parse()?, note)?;
            let mut reply = self.pools.replies.get(answer.len())?;
            reply.copy_from_slice(answer.as_bytes());
            client.write_all(&reply)?;
            line.clear();
        }
        Ok(())
    }

    fn answer(&self, id: usize, note: &str) -> Outcome<String> {
        if id.is_multiple_of(REFUND) {
            return self.refund(id, note);
        }
        if self.fault == Fault::NewStorm {
            // An order for each warehouse, all at once.
            let parts = (0..16).map(|part| self.order(id + part, note)).collect::<Result<Vec<_>, _>>()?;
            return Ok(format!("ok {id} {}\n", parts.iter().map(|part| u64::from(part.total())).sum::<u64>()));
        }
        let order = self.order(id, note)?;
        let total = order.total();
        if self.fault == Fault::Contention {
            // The payment is taken while the order is held.
            std::thread::sleep(Duration::from_millis(3));
        }
        if id.is_multiple_of(SOLD_OUT) {
            if self.fault == Fault::Leak {
                self.backlog.lock().map_err(|_| "a worker panicked")?.push(order);
            } else {
                order.put();
            }
            return Ok(format!("sold out {id}\n"));
        }
        if self.fault == Fault::CrossThread {
            self.mail.send(order).map_err(|_| "nobody mails receipts")?;
        } else {
            order.put();
        }
        Ok(format!("ok {id} {total}\n"))
    }

    fn order(&self, id: usize, note: &str) -> Result<Guard<'a, Order>, GetError> {
        let mut order = self.pools.orders.get()?;
        order.id = id;
        order.note.push_str(note);
        Ok(order)
    }

    /// By ticket, as an interface for other languages would; so the pool must find the mistakes.
    fn refund(&self, id: usize, note: &str) -> Outcome<String> {
        let Pools { orders, refunds, .. } = self.pools;
        let ticket = refunds.take()?;
        // SAFETY: the ticket is good and in this thread's hands alone; the borrow ends before it is given back.
        let refund = unsafe { &mut *refunds.pointer(ticket)? };
        refund.id = id;
        refund.note.push_str(note);
        let total = refund.total();
        let mistake = match self.fault {
            Fault::WrongPool => orders.give(ticket).err(),
            Fault::DoublePut => refunds.give(ticket).and_then(|()| refunds.give(ticket)).err(),
            _ => None,
        };
        if self.fault != Fault::DoublePut {
            refunds.give(ticket)?;
        }
        Ok(format!("refund {id} {total} {}\n", mistake.map_or_else(String::new, |mistake| mistake.to_string())))
    }
}

/// Sends its requests, one after the other.
fn client(number: usize, port: u16, fault: Fault) -> Outcome<()> {
    let mut service = TcpStream::connect(("127.0.0.1", port))?;
    let mut replies = BufReader::new(service.try_clone()?);
    let mut reply = String::new();
    let requests = if fault == Fault::NewStorm { REQUESTS / 8 } else { REQUESTS };
    for request in 0..requests {
        let id = request * CLIENTS + number;
        let long = fault == Fault::Oversize && id.is_multiple_of(LONG_NOTE);
        let note = "x".repeat(if long { LONG_NOTE_BYTES } else { 20 + id % 50 });
        service.write_all(format!("{id} {note}\n").as_bytes())?;
        reply.clear();
        replies.read_line(&mut reply)?;
        if !reply.contains(&id.to_string()) {
            return Err(format!("no answer to order {id}: {reply:?}").into());
        }
        std::thread::sleep(if fault == Fault::NewStorm { THINKING * 8 } else { THINKING });
    }
    Ok(())
}

/// A report needs many receipts at once; one in seven of them stays for as long as the service runs.
fn report(replies: &BytePool) -> Result<Vec<Block<'_>>, GetError> {
    let receipts = (0..280).map(|_| replies.get(RECEIPT_BYTES)).collect::<Result<Vec<_>, _>>()?;
    Ok(receipts.into_iter().enumerate().filter_map(|(index, receipt)| (index % 7 == 0).then_some(receipt)).collect())
}

/// Every fault at once, each in a process of its own and a folder of its name.
fn all(folder: &Path) -> Outcome<()> {
    let service = std::env::current_exe()?;
    let start = |(name, _)| Ok((name, Command::new(&service).arg(name).arg(folder.join(name)).spawn()?));
    // All are started before any is waited for.
    let running = Fault::ALL.into_iter().map(start).collect::<Outcome<Vec<_>>>()?;
    for (name, mut child) in running {
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("The service failed with the fault {name} ({status}).").into());
        }
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let names = Fault::ALL.map(|(name, _)| name).join(", ");
    let usage = || format!("Usage: order_service FAULT FOLDER, where FAULT is one of {names}, or all");
    let wanted = arguments.next().ok_or_else(usage)?;
    let fault = Fault::ALL.into_iter().find(|(name, _)| *name == wanted).map(|(_, fault)| fault);
    let folder = PathBuf::from(arguments.next().ok_or_else(usage)?);
    let fault = match fault {
        Some(fault) => fault,
        None if wanted == "all" => return all(&folder),
        None => return Err(usage().into()),
    };

    let recorder = Recorder::builder().name("orders").in_folder(&folder)?;
    let pools = Pools::new(fault);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let (mail, receipts) = mpsc::channel::<Guard<'_, Order>>();
    let service = Service { fault, pools: &pools, backlog: Mutex::default(), mail };
    let long_lived = if fault == Fault::Fragmentation { report(&pools.replies)? } else { Vec::new() };
    let served = &AtomicUsize::new(0);

    std::thread::scope(|scope| -> Outcome<()> {
        let thread = |name: String| std::thread::Builder::new().name(name);
        let clients = (0..CLIENTS).map(|number| scope.spawn(move || client(number, port, fault))).collect::<Vec<_>>();
        for number in 0..CLIENTS {
            let (client, _) = listener.accept()?;
            let service = &service;
            thread(format!("worker-{number}")).spawn_scoped(scope, move || {
                if let Err(error) = service.serve(client) {
                    eprintln!("A client was not served to the end: {error}");
                }
                served.fetch_add(1, Ordering::Relaxed);
            })?;
        }
        let done = || served.load(Ordering::Relaxed) == CLIENTS;
        thread("mail".to_owned()).spawn_scoped(scope, move || {
            loop {
                match receipts.recv_timeout(Duration::from_millis(20)) {
                    Ok(order) => order.put(),
                    Err(_) if done() => return,
                    Err(_) => {}
                }
            }
        })?;
        let failed = clients.into_iter().filter_map(|client| client.join().map_or(None, Result::err)).next();
        failed.map_or(Ok(()), Err)
    })?;

    for pool in [&pools.orders, &pools.refunds] {
        let stats = pool.stats();
        let (name, leaks, misuses) = (pool.name(), stats.leaks, stats.misuses);
        eprintln!("{wanted}: {name}: {} gets, {} made, {misuses} misuses, {leaks} leaks", stats.gets, stats.news);
    }
    let faults = recorder.faults();
    if faults.count > 0 {
        eprintln!("{} faults of the recorder, the last: {}", faults.count, faults.last.unwrap_or_default());
    }
    // First, so that what is still out is out in the trace too.
    drop(recorder);
    drop(long_lived);
    Ok(())
}
