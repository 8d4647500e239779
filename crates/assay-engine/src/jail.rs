//! What a worker may do: read the descriptors it is handed, compute, answer. Everything else it gives up before its first unit.
//!
//! Four locks, each alone enough against most of what a taken-over parser would try: Landlock (no path can be opened, no TCP
//! port used), a filter of system calls (only those that computing and answering need; any other fails with EPERM), limits
//! (memory, open files, no file may grow, no core dump), and no new privileges. Not covered: faults of the kernel itself, and
//! what can be learnt from timing.

mod tool;

pub use tool::{TESSERACT, confine_tool, tool_ways_out};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreated, RulesetStatus,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, SeccompRule, TargetArch};
use std::collections::BTreeMap;

/// Address space of one worker, bytes. A table of 107 MB takes 2.9 GB as cells and mentions; one at the limit of an item's size
/// fits.
const MEMORY: u64 = 8 * 1024 * 1024 * 1024;
/// Open files of one worker: the channel, a unit's file or the volumes of its set, what the runtime holds.
const FILES: u64 = 1024;

/// How far a worker is shut in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jail {
    /// All four locks.
    Full,
    /// Limits and no new privileges only: on a system without Landlock or seccomp, where the user says so.
    LimitsOnly,
}

impl Jail {
    /// In words, for the report.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Full => {
                "Each file was opened in a worker process that could open no path and no connection, start no program and \
                 write no file (Landlock, a filter of system calls, limits on memory and open files)."
            }
            Self::LimitsOnly => {
                "Some files were opened in worker processes with limits on memory and open files only: on this system, and \
                 as its user allowed, they were not kept from the file system and the network."
            }
        }
    }
}

/// Why a worker could not be shut in.
#[derive(Debug, thiserror::Error)]
pub enum JailError {
    /// A limit could not be set.
    #[error("a limit on the process could not be set")]
    Limit(#[source] std::io::Error),
    /// Landlock is missing or too old to keep the process from every path.
    #[error("Landlock does not keep the process from the file system (Linux 5.13 with Landlock switched on is needed)")]
    Landlock,
    /// The filter of system calls could not be set.
    #[error("the filter of system calls could not be set")]
    Seccomp,
}

/// Shuts the process in, for good.
pub fn confine(jail: Jail) -> Result<(), JailError> {
    limit(&[(Resource::As, MEMORY), (Resource::Nofile, FILES)])?;
    match jail {
        Jail::Full => {
            no_paths()?;
            few_calls()
        }
        Jail::LimitsOnly => Ok(()),
    }
}

/// Silences panics, sets these limits and those that every worker has, and gives up new privileges.
fn limit(own: &[(Resource, u64)]) -> Result<(), JailError> {
    // A parser's panic must not print what it choked on.
    std::panic::set_hook(Box::new(|_| {}));
    let every = [(Resource::Fsize, 0), (Resource::Core, 0)];
    own.iter()
        .chain(&every)
        .try_for_each(|(what, most)| {
            // What its parent may not have itself it cannot give.
            let most = getrlimit(*what).maximum.map_or(*most, |all| all.min(*most));
            setrlimit(*what, Rlimit { current: Some(most), maximum: Some(most) })
        })
        .and_then(|()| rustix::thread::set_no_new_privs(true))
        .map_err(|errno| JailError::Limit(errno.into()))
}

/// No path can be opened: every right that this Landlock knows is taken, none is given back.
fn no_paths() -> Result<(), JailError> {
    enforce(without_rights()?)
}

/// A ruleset that takes every right; what is given back is added to it.
fn without_rights() -> Result<RulesetCreated, JailError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .map_err(|_| JailError::Landlock)?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V4)))
        .and_then(Ruleset::create)
        .map_err(|_| JailError::Landlock)
}

fn enforce(ruleset: RulesetCreated) -> Result<(), JailError> {
    let status = ruleset.restrict_self().map_err(|_| JailError::Landlock)?;
    if status.ruleset == RulesetStatus::NotEnforced { Err(JailError::Landlock) } else { Ok(()) }
}

/// The system calls that computing and answering need.
const CALLS: [libc::c_long; 46] = [
    // The channel and the descriptors handed over.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_lseek,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_shutdown,
    libc::SYS_ppoll,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_close,
    // Memory.
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    // Threads and time of the runtime.
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettid,
    libc::SYS_getpid,
    // Signals of the runtime and the end.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    libc::SYS_getrusage,
    libc::SYS_sysinfo,
    libc::SYS_prlimit64,
];

fn few_calls() -> Result<(), JailError> {
    let allowed = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    allow(allowed, libc::EPERM)
}

/// Lets through these system calls only; any other fails with `refused`.
fn allow(allowed: BTreeMap<i64, Vec<SeccompRule>>, refused: libc::c_int) -> Result<(), JailError> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into().map_err(|_| JailError::Seccomp)?;
    let refused = SeccompAction::Errno(refused.unsigned_abs());
    let filter = SeccompFilter::new(allowed, refused, SeccompAction::Allow, architecture);
    let program: BpfProgram = filter.and_then(TryInto::try_into).map_err(|_| JailError::Seccomp)?;
    seccompiler::apply_filter(&program).map_err(|_| JailError::Seccomp)
}

/// Tries the ways out of the jail; gives those that were open. For tests and for whoever doubts it.
pub fn ways_out() -> Vec<&'static str> {
    use rustix::fs::{Mode, OFlags, open};
    use rustix::net::{AddressFamily, SocketType, socket};
    let mut out = Vec::new();
    if open("/etc/passwd", OFlags::RDONLY, Mode::empty()).is_ok() {
        out.push("a file could be read");
    }
    if open("/tmp", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).is_ok() {
        out.push("a folder could be listed");
    }
    if open("/tmp/assay-way-out", OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, Mode::RUSR).is_ok() {
        out.push("a file could be made");
    }
    if socket(AddressFamily::INET, SocketType::STREAM, None).is_ok() {
        out.push("a TCP socket could be made");
    }
    if socket(AddressFamily::INET, SocketType::DGRAM, None).is_ok() {
        out.push("a UDP socket could be made");
    }
    if std::process::Command::new("/bin/true").spawn().is_ok() {
        out.push("a program could be started");
    }
    out
}
