//! A fork-join pool of a fixed number of threads.
//!
//! A decode step has some 200 barriers, so a waiter spins for a few microseconds first. It parks after that: pure
//! spinning loses nine tenths of its speed as soon as another process wants a core. The calling thread is member 0 of
//! the team. Natively [`Pool::new`] spawns the others; in a browser the page starts Web Workers over the same memory
//! and each calls [`Worker::work`] ([`Pool::with_external_workers`]).
//!
//! A panic in one member poisons the pool: all members stop waiting and panic as well, so nothing hangs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Rounds of spinning before a waiter parks; some 20 microseconds.
const SPIN_ROUNDS: u32 = 2_000;

/// A pool of threads that run one job at a time.
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

/// What a job sees of its team.
#[derive(Clone, Copy, Debug)]
pub struct Team<'a> {
    shared: &'a Shared,
    /// Number of this member, from 0.
    pub index: usize,
    /// Number of members.
    pub threads: usize,
}

/// A job, as every member calls it. The lifetime is erased: see [`Pool::run`].
#[derive(Clone, Copy)]
struct Job(*const (dyn Fn(Team<'_>) + Sync));

// SAFETY: the closure behind the pointer is `Sync`, and `Pool::run` keeps it alive until every member is done.
unsafe impl Send for Job {}

struct Shared {
    threads: usize,
    job: Mutex<Option<Job>>,
    /// Counts the jobs begun; a change wakes the workers.
    begun: Signal,
    /// Members that have finished the current job.
    finished: AtomicUsize,
    /// Counts the jobs that all members have finished.
    done: Signal,
    arrived: AtomicUsize,
    /// Counts the barriers passed.
    passed: Signal,
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

    /// A pool of `threads` members and the workers that others must run for it. A job waits for all of them.
    pub fn with_external_workers(threads: usize) -> (Self, Vec<Worker>) {
        let shared = Arc::new(Shared {
            threads: threads.max(1),
            job: Mutex::new(None),
            begun: Signal::default(),
            finished: AtomicUsize::new(0),
            done: Signal::default(),
            arrived: AtomicUsize::new(0),
            passed: Signal::default(),
            stop: AtomicBool::new(false),
            poisoned: AtomicBool::new(false),
        });
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

    /// What a panic hook calls where a panic aborts, so that the other members do not wait for a dead one.
    pub fn poisoner(&self) -> impl Fn() + Send + Sync + 'static {
        let shared = self.shared.clone();
        move || shared.poison()
    }

    /// Call `job` on every member and return when all have finished. Panics if any of them did.
    pub fn run(&mut self, job: &(dyn Fn(Team<'_>) + Sync)) {
        let shared = &*self.shared;
        let team = Team {
            shared,
            index: 0,
            threads: shared.threads,
        };
        if shared.threads == 1 {
            return job(team);
        }
        shared.check_poison();
        let done = shared.done.value();
        // SAFETY: only the lifetime changes. `finish` below returns when no member can touch the job any more, also
        // when it unwinds, and `run` does not return before.
        let erased: Job = Job(unsafe {
            std::mem::transmute::<
                *const (dyn Fn(Team<'_>) + Sync),
                *const (dyn Fn(Team<'_>) + Sync + 'static),
            >(job)
        });
        *shared.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(erased);
        shared.begun.raise();
        let guard = Finish { shared, done };
        job(team);
        drop(guard);
        shared.check_poison();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Release);
        self.shared.begun.raise();
    }
}

/// Ends the caller's part of a job and waits for the others, also while unwinding.
struct Finish<'a> {
    shared: &'a Shared,
    done: usize,
}

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.poison();
        }
        self.shared.finish_member();
        // Waits even for a poisoned team: its members panic at their next barrier and then finish. Where a panic
        // aborts, a dead member never finishes, and the caller is about to abort as well.
        let dead = || cfg!(panic = "abort") && self.shared.poisoned.load(Acquire);
        self.shared.done.wait_while(self.done, dead);
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
        let mut seen = 0;
        loop {
            shared.begun.wait_while(seen, || false);
            seen += 1;
            if shared.stop.load(Acquire) {
                return;
            }
            let job = *shared.job.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(Job(job)) = job else { return };
            let team = Team {
                shared,
                index: self.index,
                threads: shared.threads,
            };
            let member = Member(shared);
            // SAFETY: `Pool::run` keeps the job alive until `finish_member` was called for every member.
            unsafe { (*job)(team) };
            drop(member);
        }
    }
}

/// Reports a worker's part of a job as finished, also while unwinding.
struct Member<'a>(&'a Shared);

impl Drop for Member<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison();
        }
        self.0.finish_member();
    }
}

impl Team<'_> {
    /// Wait until every member has come here.
    pub fn barrier(&self) {
        let shared = self.shared;
        if shared.threads == 1 {
            return;
        }
        let passed = shared.passed.value();
        if shared.arrived.fetch_add(1, AcqRel) + 1 == shared.threads {
            shared.arrived.store(0, Relaxed);
            shared.passed.raise();
        } else {
            shared
                .passed
                .wait_while(passed, || shared.poisoned.load(Acquire));
        }
        shared.check_poison();
    }
}

impl Shared {
    fn finish_member(&self) {
        if self.finished.fetch_add(1, AcqRel) + 1 == self.threads {
            self.finished.store(0, Relaxed);
            self.done.raise();
        }
    }

    fn poison(&self) {
        self.poisoned.store(true, SeqCst);
        self.passed.wake();
        self.done.wake();
    }

    fn check_poison(&self) {
        assert!(
            !self.poisoned.load(Acquire),
            "a kernel panicked on another thread of the pool; load the model again"
        );
    }
}

/// A counter that threads can wait on.
#[derive(Debug, Default)]
struct Signal {
    count: AtomicUsize,
    /// Waiters that park or are about to.
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    condvar: Condvar,
}

impl Signal {
    fn value(&self) -> usize {
        self.count.load(Acquire)
    }

    fn raise(&self) {
        self.count.fetch_add(1, SeqCst);
        self.wake();
    }

    /// Wake the parked. Takes the lock only if there are any.
    ///
    /// A sleeper announces itself before it looks at the count, a raiser changes the count before it looks for
    /// sleepers, both sequentially consistent: one of them sees the other.
    fn wake(&self) {
        if self.sleepers.load(SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.condvar.notify_all();
        }
    }

    /// Wait until the count is no longer `old`, or `give_up` says so.
    fn wait_while(&self, old: usize, give_up: impl Fn() -> bool) {
        let waiting = || self.count.load(SeqCst) == old && !give_up();
        for _ in 0..SPIN_ROUNDS {
            if !waiting() {
                return;
            }
            std::hint::spin_loop();
        }
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.sleepers.fetch_add(1, SeqCst);
        while waiting() {
            lock = self
                .condvar
                .wait(lock)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn every_member_runs_every_job_once() {
        for threads in [1, 2, 3, 5] {
            let mut pool = Pool::new(threads).expect("threads can be spawned");
            let calls: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..200 {
                pool.run(&|team| {
                    calls[team.index].fetch_add(1, Relaxed);
                });
            }
            assert!(
                calls.iter().all(|c| c.load(Relaxed) == 200),
                "{threads} threads"
            );
        }
    }

    #[test]
    fn barriers_order_phases() {
        let mut pool = Pool::new(3).expect("threads can be spawned");
        let count = AtomicUsize::new(0);
        pool.run(&|team| {
            for phase in 1..=500 {
                count.fetch_add(1, SeqCst);
                team.barrier();
                assert_eq!(count.load(SeqCst), phase * team.threads);
                team.barrier();
            }
        });
    }

    #[test]
    fn a_panic_anywhere_reaches_the_caller_and_hangs_nothing() {
        for culprit in 0..3 {
            let mut pool = Pool::new(3).expect("threads can be spawned");
            let result = catch_unwind(AssertUnwindSafe(|| {
                pool.run(&|team| {
                    assert_ne!(team.index, culprit, "the kernel's own defect");
                    team.barrier();
                });
            }));
            assert!(result.is_err(), "member {culprit} panicked");
            let again = catch_unwind(AssertUnwindSafe(|| pool.run(&|_| ())));
            assert!(again.is_err(), "a poisoned pool does not run");
        }
    }
}
