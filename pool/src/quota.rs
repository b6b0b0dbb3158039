//! What a tenant may use: one limit over any number of pools, given or read from the control group.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::QuotaExceeded;

/// Share of the limit from which on the callback is told and the tenant's pools are purged: late enough not to purge
/// what works, early enough that a burst of a quarter of what is in use still fits.
const NEAR: f64 = 0.80;
/// Below this share the warning is armed again. Lower than [`NEAR`], or use that hovers there would warn at every get.
const ARMED_AGAIN: f64 = 0.75;

/// How near a tenant is to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUse {
    /// Bytes in use.
    pub used: u64,
    /// Bytes allowed; `u64::MAX` is without limit.
    pub limit: u64,
}

type Callback = Box<dyn Fn(QuotaUse) + Send + Sync>;

/// A tenant's memory. Clones are the same tenant.
///
/// ```
/// let tenant = pool::Quota::of_bytes("orders", 1 << 20);
/// let pool = pool::Pool::builder("buffers", || vec![0_u8; 4096])
///     .size_of(|buffer| buffer.capacity() as u64)
///     .quota(tenant.clone())
///     .build();
/// let held = pool.get()?;
/// assert!(tenant.in_use().used >= 4096);
/// # drop(held);
/// # Ok::<(), pool::GetError>(())
/// ```
#[derive(Clone)]
pub struct Quota {
    inner: Arc<Inner>,
}

struct Inner {
    tenant: String,
    limit: AtomicU64,
    used: AtomicU64,
    is_near: AtomicBool,
    callback: Mutex<Option<Callback>>,
}

/// What charging did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charge {
    /// Nothing to tell.
    Fine,
    /// Use has come near the limit just now: purge.
    Near(QuotaUse),
}

impl Quota {
    /// A limit in bytes.
    pub fn of_bytes(tenant: &str, limit: u64) -> Self {
        let callback = Mutex::new(None);
        let (limit, used, is_near) = (AtomicU64::new(limit), AtomicU64::new(0), AtomicBool::new(false));
        Quota { inner: Arc::new(Inner { tenant: tenant.to_owned(), limit, used, is_near, callback }) }
    }

    /// The limit of the control group (v2) that this process runs in.
    ///
    /// # Errors
    /// There is no such group, or its files cannot be read.
    pub fn of_cgroup(tenant: &str) -> Result<Self, CgroupError> {
        let own = Path::new("/proc/self/cgroup");
        let text = std::fs::read_to_string(own).map_err(|error| CgroupError::new(own, error.to_string()))?;
        // cgroups(7): the one line of version 2 is `0::PATH`, below the mount point.
        let path = text.lines().find_map(|line| line.strip_prefix("0::"));
        let path = path.ok_or_else(|| CgroupError::new(own, "no group of version 2 is named".to_owned()))?;
        Self::of_cgroup_at(tenant, &Path::new("/sys/fs/cgroup").join(path.trim_start_matches('/')))
    }

    /// The limit of the control group (v2) whose files are in `folder`: the lower of `memory.high`, from which on the
    /// kernel slows the process, and `memory.max`, at which it kills. Where both are `max` there is no limit.
    ///
    /// # Errors
    /// Neither file can be read, or one holds neither a number nor `max`.
    pub fn of_cgroup_at(tenant: &str, folder: &Path) -> Result<Self, CgroupError> {
        let high = limit_in(&folder.join("memory.high"));
        let max = limit_in(&folder.join("memory.max"));
        let limit = match (high, max) {
            (Ok(high), Ok(max)) => high.min(max),
            // The root group has neither; kernels before 5.9 may lack one.
            (Ok(one), Err(error)) | (Err(error), Ok(one)) if error.is_absent => one,
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        Ok(Self::of_bytes(tenant, limit))
    }

    /// What is told when use comes near the limit (80 %), once until use has fallen below 75 %. It runs in the thread
    /// that came there, before the tenant's pool is purged.
    pub fn on_near(self, callback: impl Fn(QuotaUse) + Send + Sync + 'static) -> Self {
        *self.inner.callback.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(callback));
        self
    }

    /// Whose it is.
    pub fn tenant(&self) -> &str {
        &self.inner.tenant
    }

    /// What is used now.
    pub fn in_use(&self) -> QuotaUse {
        let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
        QuotaUse { used: load(&self.inner.used), limit: load(&self.inner.limit) }
    }

    /// Changes the limit, in bytes. What is in use stays in use.
    pub fn set_limit(&self, limit: u64) {
        self.inner.limit.store(limit, Ordering::Relaxed);
    }

    /// Asks for bytes more, for something new.
    pub(crate) fn charge(&self, wanted: u64) -> Result<Charge, QuotaExceeded> {
        let limit = self.inner.limit.load(Ordering::Relaxed);
        let add = |used: u64| used.checked_add(wanted).filter(|sum| *sum <= limit);
        match self.inner.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(before) => Ok(self.look(before + wanted, limit)),
            Err(used) => Err(QuotaExceeded { used, limit, wanted }),
        }
    }

    /// Notes bytes that are in use already: an object has grown in its holder's hands, which nothing can refuse.
    pub(crate) fn charge_grown(&self, bytes: u64) -> Charge {
        let limit = self.inner.limit.load(Ordering::Relaxed);
        let before = self.inner.used.fetch_add(bytes, Ordering::Relaxed);
        self.look(before.saturating_add(bytes), limit)
    }

    pub(crate) fn release(&self, bytes: u64) {
        let before = self.inner.used.fetch_sub(bytes, Ordering::Relaxed);
        let limit = self.inner.limit.load(Ordering::Relaxed);
        if (before.saturating_sub(bytes) as f64) < limit as f64 * ARMED_AGAIN {
            self.inner.is_near.store(false, Ordering::Relaxed);
        }
    }

    fn look(&self, used: u64, limit: u64) -> Charge {
        if (used as f64) < limit as f64 * NEAR || self.inner.is_near.swap(true, Ordering::Relaxed) {
            return Charge::Fine;
        }
        let in_use = QuotaUse { used, limit };
        if let Some(callback) = &*self.inner.callback.lock().unwrap_or_else(PoisonError::into_inner) {
            callback(in_use);
        }
        Charge::Near(in_use)
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quota").field("tenant", &self.inner.tenant).field("in_use", &self.in_use()).finish()
    }
}

/// A control group whose limit cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupError {
    path: PathBuf,
    words: String,
    is_absent: bool,
}

impl CgroupError {
    fn new(path: &Path, words: String) -> Self {
        CgroupError { path: path.to_owned(), words, is_absent: false }
    }
}

impl fmt::Display for CgroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.words)
    }
}

impl std::error::Error for CgroupError {}

/// The number in a file of a control group; `max` is without limit.
fn limit_in(path: &Path) -> Result<u64, CgroupError> {
    let text = std::fs::read_to_string(path).map_err(|error| CgroupError {
        is_absent: error.kind() == std::io::ErrorKind::NotFound,
        ..CgroupError::new(path, error.to_string())
    })?;
    match text.trim() {
        "max" => Ok(u64::MAX),
        number => number.parse().map_err(|_| CgroupError::new(path, format!("{number:?} is neither a number nor max"))),
    }
}
