//! The jail of a worker that runs a tool: it may start one program and read what that program is made of. No evidence and
//! no key lies there.
//!
//! Landlock gives back two rights: to execute the tool (and the loader that starts it), and to read libraries and the tool's
//! own data. No file can be written, nothing else can be read, no TCP port used. A program that lies among the libraries could
//! be started through the loader; it would be shut in just so. The system calls are an allow-list here too, since what the
//! tool does is little (it opens, reads, maps, computes); what is not on it is answered as if this kernel did not have it, so
//! that another version of the C library takes its older way (`clone` for `clone3`). New name spaces cannot be made. Limits
//! are on memory, open files, the size of files (none) and the processor time of each process. How many processes there are
//! is not limited: that limit counts all of a user's.

use super::{CALLS, Jail, JailError, allow, enforce, limit, ways_out, without_rights};
use landlock::{AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, RulesetCreatedAttr};
use rustix::process::Resource;
use seccompiler::{SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};
use std::collections::BTreeMap;

/// The one program.
pub const TESSERACT: &str = "/usr/bin/tesseract";

/// Programs that may be executed: the tool, and the loaders that Debian has.
const PROGRAMS: [&str; 3] = [TESSERACT, "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

/// What may be read, folders with all beneath.
const READ: [&str; 7] =
    ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/tesseract-ocr", "/usr/share/tessdata", "/etc/ld.so.cache"];

/// Address space of the tool, bytes: a picture at the limit takes 0.6 GB.
const MEMORY: u64 = 3 << 30;
/// Processor time of one process, seconds: a dense page takes ten.
const SECONDS: u64 = 150;
const FILES: u64 = 64;

/// Shuts the process in, with all that it starts, for good.
pub fn confine_tool(jail: Jail) -> Result<(), JailError> {
    limit(&[(Resource::As, MEMORY), (Resource::Cpu, SECONDS), (Resource::Nofile, FILES)])?;
    match jail {
        Jail::Full => {
            few_paths()?;
            calls_of_a_tool()
        }
        Jail::LimitsOnly => Ok(()),
    }
}

fn few_paths() -> Result<(), JailError> {
    let mut ruleset = without_rights()?;
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let run: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::Execute;
    for (paths, rights) in [(&PROGRAMS[..], run), (&READ[..], read)] {
        // What is not there needs no right.
        for place in paths.iter().filter_map(|path| PathFd::new(path).ok()) {
            let rule = PathBeneath::new(place, rights).set_compatibility(CompatLevel::BestEffort);
            ruleset = ruleset.add_rule(rule).map_err(|_| JailError::Landlock)?;
        }
    }
    enforce(ruleset)
}

/// What starting a program and its beginning need beyond a worker's own calls. None makes a socket, a mount, a name space or
/// another user, none looks into another process.
const STARTING: [libc::c_long; 19] = [
    libc::SYS_openat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_execve,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_pipe2,
    libc::SYS_dup3,
    libc::SYS_set_tid_address,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_uname,
    libc::SYS_clock_getres,
    libc::SYS_getcwd,
];

#[cfg(target_arch = "x86_64")]
const OF_THIS_MACHINE: [libc::c_long; 10] = [
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_vfork,
    libc::SYS_pipe,
    libc::SYS_dup2,
    libc::SYS_poll,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const OF_THIS_MACHINE: [libc::c_long; 0] = [];

fn calls_of_a_tool() -> Result<(), JailError> {
    let all = CALLS.iter().chain(&STARTING).chain(&OF_THIS_MACHINE);
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> = all.map(|call| (*call, Vec::new())).collect();
    // No descriptor comes or goes: a tool worker is handed none.
    for call in [libc::SYS_sendmsg, libc::SYS_recvmsg] {
        allowed.remove(&call);
    }
    let spaces = (libc::CLONE_NEWNS
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWCGROUP) as u32;
    let none = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(spaces.into()), 0);
    let clone = none.and_then(|none| SeccompRule::new(vec![none])).map_err(|_| JailError::Seccomp)?;
    allowed.insert(libc::SYS_clone, vec![clone]);
    allow(allowed, libc::ENOSYS)
}

/// Tries the ways out of a tool's jail; gives those that were open. That the tool itself can be started is none.
pub fn tool_ways_out() -> Vec<&'static str> {
    use rustix::fs::{Mode, OFlags, open};
    let mut out = ways_out();
    let read = |path| open(path, OFlags::RDONLY, Mode::empty()).is_ok();
    if read("/root") || read("/home") || read("/proc/self/environ") || read("/usr/bin/env") {
        out.push("a file or folder beside the tool's could be read");
    }
    if open("/usr/lib/assay-way-out", OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, Mode::RUSR).is_ok()
        || open("/dev/null", OFlags::WRONLY, Mode::empty()).is_ok()
    {
        out.push("a file could be written");
    }
    if std::os::unix::net::UnixStream::pair().is_ok() {
        out.push("a socket could be made");
    }
    out
}
