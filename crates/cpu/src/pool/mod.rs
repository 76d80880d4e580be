//! A pool of a fixed number of threads that share work in phases.
//!
//! A decode step has some 400 phases, each a kernel call cut into **chunks**. A member takes the next chunk of the
//! current phase; who finishes the last one opens the next phase. So a phase waits for chunks that are being computed,
//! and never for a member that sleeps, was started late, or lost its core to another process: the others compute
//! its share. A member without a chunk spins for some microseconds, then sleeps: pure spinning loses nine tenths of
//! its speed as soon as another process wants a core.
//!
//! Everything that members share is one number, the *cursor*: which phase, and how many of its chunks are left. To take
//! a chunk is to lower it by one; that the exchange succeeded proves that the phase, and so the work behind it, is still there.
//! No locks are taken and nothing is allocated, but to sleep and to wake sleepers.
//!
//! The calling thread is member 0. Natively [`Pool::new`] spawns the others; in a browser the page starts Web Workers
//! over the same memory and each calls [`Worker::work`] ([`Pool::with_external_workers`]).
//!
//! A panic in one member poisons the pool: the rest of the work is dropped and the caller panics as well, so nothing hangs.

mod parking;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::*};

use parking::Watched;

/// Work in phases: every chunk of one is done before any of the next begins.
pub trait Phases: Sync {
    /// Number of phases.
    fn count(&self) -> usize;

    /// Number of chunks of a phase; below 2^24, and the same whenever it is asked for.
    fn chunks(&self, phase: usize) -> usize;

    /// Compute one chunk. `member` is the number of the thread within the pool: no two calls have the same one at the
    /// same time.
    fn run(&self, phase: usize, chunk: usize, member: usize);
}

/// A pool of threads that do one piece of work at a time.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

/// One member of a pool that lives on a thread which somebody else started.
#[derive(Debug)]
pub struct Worker {
    shared: Arc<Shared>,
    index: usize,
}

/// A share of work that is cut into as many equal shares as the pool has members.
#[derive(Clone, Copy, Debug)]
pub struct Team {
    /// Number of this share, from 0.
    pub index: usize,
    /// Number of shares.
    pub threads: usize,
}

/// Work with its lifetime erased: see [`Pool::run_phases`].
type Work = *const (dyn Phases + 'static);

/// Bits of the cursor that count the chunks that are left.
const LEFT_BITS: u32 = 24;

struct Shared {
    threads: usize,
    /// Members that take chunks: those below this number.
    active: Watched,
    /// The number of the current phase, which no two phases ever share, and below it the chunks that nobody took yet.
    cursor: Watched,
    /// Where the caller keeps its work. This and the next three belong to the current phase.
    work: AtomicPtr<Work>,
    phase: AtomicUsize,
    total: AtomicUsize,
    /// Chunks that are done.
    done: AtomicUsize,
    /// Pieces of work that were finished.
    finished: AtomicUsize,
    stop: AtomicBool,
    poisoned: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool of one: the caller.
    pub fn single() -> Self {
        Self::with_external_workers(1).0
    }

    /// A pool of `threads` members, the caller and threads of its own.
    #[cfg(not(target_family = "wasm"))]
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let (pool, workers) = Self::with_external_workers(threads.max(1));
        for worker in workers {
            std::thread::Builder::new()
                .name(format!("hearth-{}", worker.index))
                .spawn(move || worker.work())?;
        }
        Ok(pool)
    }

    /// A pool of `threads` members and the workers that others must run for it.
    pub fn with_external_workers(threads: usize) -> (Self, Vec<Worker>) {
        let shared = Arc::new(Shared {
            threads: threads.max(1),
            active: Watched::default(),
            cursor: Watched::default(),
            work: AtomicPtr::new(std::ptr::null_mut()),
            phase: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            poisoned: AtomicBool::new(false),
        });
        shared.active.set(shared.threads as u64);
        let worker = |index| Worker {
            shared: shared.clone(),
            index,
        };
        let workers = (1..shared.threads).map(worker).collect();
        (Pool { shared }, workers)
    }

    /// Number of members.
    pub fn threads(&self) -> usize {
        self.shared.threads
    }

    /// Let only so many members work, at least one; the others sleep.
    pub fn set_active(&mut self, active: usize) {
        let active = active.clamp(1, self.shared.threads);
        self.shared.active.set(active as u64);
        self.shared.active.wake();
    }

    /// Number of members that work.
    pub fn active(&self) -> usize {
        self.shared.active.get() as usize
    }

    /// What a panic hook calls where a panic aborts, so that the other members do not wait for a dead one.
    pub fn poisoner(&self) -> impl Fn() + Send + Sync + 'static {
        let shared = self.shared.clone();
        move || shared.poison()
    }

    /// Call `job` once for every share and return when all are done. Panics if any of them did.
    pub fn run(&mut self, job: &(dyn Fn(Team) + Sync)) {
        let threads = self.active();
        self.run_phases(&Shares { job, threads });
    }

    /// Do all phases of some work. Panics if any chunk did.
    pub fn run_phases(&mut self, work: &dyn Phases) {
        let shared = &*self.shared;
        if shared.active.get() == 1 {
            for phase in 0..work.count() {
                for chunk in 0..work.chunks(phase) {
                    work.run(phase, chunk, 0);
                }
            }
            return;
        }
        shared.check_poison();
        let before = shared.finished.load(Acquire);
        // SAFETY: only the lifetime changes. A member reaches the work through a chunk that it took, the last chunk's
        // end is what finishes the work, and this function does not return before that (`Finish`, also when it unwinds).
        let mut erased: Work =
            unsafe { std::mem::transmute::<*const (dyn Phases + '_), Work>(work) };
        shared.work.store(&mut erased, Relaxed);
        let guard = Finish { shared, before };
        shared.open_phase(work, 0);
        shared.take_part(0, || shared.finished.load(Acquire) != before);
        drop(guard);
        shared.check_poison();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let shared = &self.shared;
        shared.stop.store(true, SeqCst);
        // The work is over, so only the phase's number is left to change.
        shared.cursor.set(shared.next_cursor(0));
        shared.cursor.wake();
        shared.active.wake();
    }
}

/// The same work as shares, one for each member.
struct Shares<'a> {
    job: &'a (dyn Fn(Team) + Sync),
    threads: usize,
}

impl Phases for Shares<'_> {
    fn count(&self) -> usize {
        1
    }

    fn chunks(&self, _phase: usize) -> usize {
        self.threads
    }

    fn run(&self, _phase: usize, chunk: usize, _member: usize) {
        (self.job)(Team {
            index: chunk,
            threads: self.threads,
        });
    }
}

/// Waits for the end of the work, also while unwinding.
struct Finish<'a> {
    shared: &'a Shared,
    before: usize,
}

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.poison();
        }
        let (shared, before) = (self.shared, self.before);
        shared.take_part(0, || shared.finished.load(Acquire) != before);
    }
}

impl Worker {
    /// Number of this member within the pool.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Work until the pool is dropped.
    pub fn work(self) {
        let shared = &*self.shared;
        shared.take_part(self.index, || shared.stop.load(SeqCst));
    }
}

impl Shared {
    /// Take chunks until `until` says that it is enough.
    fn take_part(&self, member: usize, until: impl Fn() -> bool) {
        // Where a panic aborts, a dead member never finishes, and the caller is about to abort as well.
        let dead = || cfg!(panic = "abort") && self.poisoned.load(SeqCst);
        let enough = || until() || dead();
        while !enough() {
            let active = self.active.get();
            if member as u64 >= active {
                self.active.wait(active, enough);
                continue;
            }
            let cursor = self.cursor.get();
            let left = cursor & ((1 << LEFT_BITS) - 1);
            if left == 0 {
                self.cursor.wait(cursor, enough);
            } else if self.cursor.replace(cursor, cursor - 1) {
                let total = self.total.load(Relaxed);
                self.run_chunk(total, total - left as usize, member);
            }
        }
    }

    /// Compute a chunk that this member took.
    fn run_chunk(&self, total: usize, chunk: usize, member: usize) {
        // SAFETY: the phase cannot end before this chunk does, so the pointer is the caller's, and what it points
        // to is alive.
        let work = unsafe { &**self.work.load(Relaxed) };
        let phase = self.phase.load(Relaxed);
        let _end = EndOfChunk {
            shared: self,
            work,
            phase,
            total,
        };
        if !self.poisoned.load(Relaxed) {
            work.run(phase, chunk, member);
        }
    }

    /// Open the first phase from `from` on that has any chunks; without one the work is finished.
    fn open_phase(&self, work: &dyn Phases, from: usize) {
        let mut phases = from..work.count();
        let next = phases.find_map(|phase| {
            let chunks = work.chunks(phase);
            (chunks > 0).then_some((phase, chunks))
        });
        match next {
            Some((phase, chunks)) if !self.poisoned.load(SeqCst) => {
                assert!(chunks >> LEFT_BITS == 0, "chunks of a phase can be counted");
                self.phase.store(phase, Relaxed);
                self.total.store(chunks, Relaxed);
                self.done.store(0, Relaxed);
                self.cursor.set(self.next_cursor(chunks));
                if chunks > 1 {
                    // A single chunk is soon taken by a member that is awake: this one.
                    self.cursor.wake();
                }
            }
            _ => {
                self.cursor.set(self.next_cursor(0));
                // The last that is done for this work: from here on the caller may begin another.
                self.finished.fetch_add(1, SeqCst);
                self.cursor.wake();
            }
        }
    }

    /// The cursor of the next phase. Only who ended a phase may ask.
    fn next_cursor(&self, chunks: usize) -> u64 {
        (((self.cursor.get() >> LEFT_BITS) + 1) << LEFT_BITS) | chunks as u64
    }

    fn poison(&self) {
        self.poisoned.store(true, SeqCst);
        self.cursor.wake();
        self.active.wake();
    }

    fn check_poison(&self) {
        assert!(
            !self.poisoned.load(Acquire),
            "a kernel panicked on another thread of the pool; load the model again"
        );
    }
}

/// Counts a chunk as done, also while unwinding; after the last one the next phase begins.
struct EndOfChunk<'a> {
    shared: &'a Shared,
    work: &'a dyn Phases,
    phase: usize,
    total: usize,
}

impl Drop for EndOfChunk<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.poison();
        }
        if self.shared.done.fetch_add(1, AcqRel) + 1 == self.total {
            self.shared.open_phase(self.work, self.phase + 1);
        }
    }
}
