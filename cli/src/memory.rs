//! Keeps what is in memory out of swap, where the system can.

/// Locks all pages, those to come included. `needed` is about how many bytes there will be: a limit below that would let
/// an allocation fail half-way, so it is told first.
///
/// # Errors
/// In words, when the system has no such call or does not allow it.
#[cfg(unix)]
#[allow(unsafe_code)] // System calls have no safe form in the standard library.
pub(crate) fn lock(needed: u64) -> Result<(), String> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a whole `rlimit` of ours, which the call fills.
    let is_known = unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &mut limit) } == 0;
    // SAFETY: the call only reads who we are.
    let is_root = unsafe { libc::geteuid() } == 0;
    if is_known && !is_root && limit.rlim_cur < needed {
        return Err(format!(
            "The system lets this process lock {} kB, and about {} kB are needed. Raise it with: ulimit -l unlimited",
            limit.rlim_cur / 1024,
            needed / 1024
        ));
    }
    // SAFETY: the call changes how the kernel keeps our pages, not what is in them.
    if unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) } == 0 {
        Ok(())
    } else {
        Err(format!("The system did not lock memory: {}.", std::io::Error::last_os_error()))
    }
}

/// There is no such call here.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub(crate) fn lock(_needed: u64) -> Result<(), String> {
    Err("This system has no way to lock memory.".to_owned())
}
