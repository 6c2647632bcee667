//! The stream between this guest and its host, and a loop that waits for it: all that capnp-rpc
//! needs in a cell, which has one thread and one stream.

use std::cell::RefCell;
use std::fs::File;
use std::future::Future;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::pin::{pin, Pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use capnp::capability::FromClientHook;
use capnp_rpc::rpc_twoparty_capnp::Side;
use capnp_rpc::{twoparty::VatNetwork, RpcSystem};
use futures::io::{AsyncRead, AsyncWrite};

/// The descriptor of the stream, which every cell has.
const DATA_STREAM: i32 = 4;

/// Runs `main` with what the host has for this guest, until `main` is done: a `membrane::Client` for
/// pid0, an `initial_grants::Client` for a child.
pub fn run<C, M, F, T>(main: M) -> capnp::Result<T>
where
    C: FromClientHook,
    M: FnOnce(C) -> F,
    F: Future<Output = capnp::Result<T>>,
{
    let stream = DataStream::open()?;
    let (input, output) = (stream.clone(), stream.clone());
    let network = VatNetwork::new(input, output, Side::Client, Default::default());
    let mut rpc = RpcSystem::new(Box::new(network), None);
    let mut main = pin!(main(rpc.bootstrap(Side::Server)));

    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        // Both are asked again whenever either was woken: there are only two.
        while woken.0.swap(false, Ordering::Relaxed) {
            if let Poll::Ready(result) = main.as_mut().poll(&mut context) {
                return result;
            }
            if let Poll::Ready(result) = Pin::new(&mut rpc).poll(&mut context) {
                result?;
                let reason = "the host has closed the stream".to_string();
                return Err(capnp::Error::disconnected(reason));
            }
        }
        stream.wait()?;
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Both directions of the stream; whoever found it not ready is woken by `wait`.
#[derive(Clone)]
struct DataStream(Rc<RefCell<Inner>>);

struct Inner {
    // Not ours to close: it is there from the start, as the standard streams are.
    file: ManuallyDrop<File>,
    reading: Option<Waker>,
    writing: Option<Waker>,
}

impl DataStream {
    fn open() -> Result<Self> {
        // SAFETY: a descriptor is a number; one that is not open fails.
        if unsafe { libc::fcntl(DATA_STREAM, libc::F_SETFL, libc::O_NONBLOCK) } < 0 {
            let problem = "there is no stream to the host: was this program started by ww?";
            return Err(Error::new(ErrorKind::NotConnected, problem));
        }
        // SAFETY: nothing else in this program owns the descriptor.
        let file = ManuallyDrop::new(unsafe { File::from_raw_fd(DATA_STREAM) });
        Ok(Self(Rc::new(RefCell::new(Inner { file, reading: None, writing: None }))))
    }

    /// Sleeps until somebody who waits for the stream can go on.
    fn wait(&self) -> Result<()> {
        let mut inner = self.0.borrow_mut();
        let mut events = 0;
        if inner.reading.is_some() {
            events |= libc::POLLIN;
        }
        if inner.writing.is_some() {
            events |= libc::POLLOUT;
        }
        if events == 0 {
            return Err(Error::other("this guest waits for nothing that could come"));
        }
        let mut stream = libc::pollfd { fd: DATA_STREAM, events, revents: 0 };
        // SAFETY: one element, and it is ours.
        if unsafe { libc::poll(&mut stream, 1, -1) } < 0 {
            return Err(Error::last_os_error());
        }
        // A stream that has ended is ready for both: reading and writing say how it ended.
        if stream.revents & !libc::POLLOUT != 0 {
            inner.reading.take().map(Waker::wake);
        }
        if stream.revents & !libc::POLLIN != 0 {
            inner.writing.take().map(Waker::wake);
        }
        Ok(())
    }
}

/// What did not block is done; what would have is done later.
fn ready<T>(result: Result<T>, waiting: &mut Option<Waker>, context: &Context) -> Poll<Result<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            *waiting = Some(context.waker().clone());
            Poll::Pending
        }
        result => Poll::Ready(result),
    }
}

impl AsyncRead for DataStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context,
        bytes: &mut [u8],
    ) -> Poll<Result<usize>> {
        let inner = &mut *self.0.borrow_mut();
        ready(inner.file.read(bytes), &mut inner.reading, context)
    }
}

impl AsyncWrite for DataStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<Result<usize>> {
        let inner = &mut *self.0.borrow_mut();
        ready(inner.file.write(bytes), &mut inner.writing, context)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
