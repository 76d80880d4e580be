use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::time::Duration;

use super::{Phases, Pool};

fn pool(threads: usize) -> Pool {
    Pool::new(threads).expect("threads can be spawned")
}

/// Phases of 0 to 9 chunks; each chunk checks that all of the phases before are done.
struct Counted {
    phases: usize,
    done: AtomicUsize,
    before: Vec<usize>,
}

impl Counted {
    fn new(phases: usize) -> Self {
        let mut before = vec![0];
        for phase in 0..phases {
            before.push(before[phase] + phase * 7 % 10);
        }
        Counted {
            phases,
            done: AtomicUsize::new(0),
            before,
        }
    }
}

impl Phases for Counted {
    fn count(&self) -> usize {
        self.phases
    }
    fn chunks(&self, phase: usize) -> usize {
        self.before[phase + 1] - self.before[phase]
    }
    fn run(&self, phase: usize, _chunk: usize, _member: usize) {
        let done = self.done.load(SeqCst);
        let during = self.before[phase]..self.before[phase + 1];
        assert!(during.contains(&done), "phase {phase} began at {done}");
        self.done.fetch_add(1, SeqCst);
    }
}

#[test]
fn every_share_is_called_once() {
    for threads in [1, 2, 3, 5] {
        let mut pool = pool(threads);
        let calls: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
        for _ in 0..200 {
            pool.run(&|team| {
                assert_eq!(team.threads, threads);
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
fn phases_follow_each_other() {
    for threads in [1, 2, 3] {
        let mut pool = pool(threads);
        for phases in [0, 1, 2, 500] {
            let work = Counted::new(phases);
            pool.run_phases(&work);
            assert_eq!(work.done.load(SeqCst), work.before[phases]);
        }
    }
}

#[test]
fn work_follows_work_at_once() {
    for threads in [2, 3] {
        let mut pool = pool(threads);
        for phases in (0..20_000).map(|i| i % 3) {
            let work = Counted::new(phases);
            pool.run_phases(&work);
            assert_eq!(work.done.load(SeqCst), work.before[phases]);
        }
    }
}

#[test]
fn members_that_never_come_hold_up_nothing() {
    let (mut pool, workers) = Pool::with_external_workers(4);
    let work = Counted::new(100);
    pool.run_phases(&work);
    assert_eq!(work.done.load(SeqCst), work.before[100]);
    drop(workers);
}

/// One long chunk and many short ones, which the other members must be able to take.
struct Uneven {
    by_member: [AtomicUsize; 2],
}

impl Phases for Uneven {
    fn count(&self) -> usize {
        1
    }
    fn chunks(&self, _phase: usize) -> usize {
        50
    }
    fn run(&self, _phase: usize, chunk: usize, member: usize) {
        if chunk == 0 {
            // Until the others have done the rest.
            while self.by_member.iter().map(|n| n.load(SeqCst)).sum::<usize>() < 49 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        self.by_member[member].fetch_add(1, SeqCst);
    }
}

#[test]
fn chunks_go_to_who_is_free() {
    let work = Uneven {
        by_member: Default::default(),
    };
    pool(2).run_phases(&work);
    let mut by_member = work.by_member.map(AtomicUsize::into_inner);
    by_member.sort_unstable();
    assert_eq!(by_member, [1, 49]);
}

#[test]
fn sleeping_members_wake_for_the_next_work() {
    let mut pool = pool(2);
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(20));
        let work = Uneven {
            by_member: Default::default(),
        };
        // Does not end unless both take part.
        pool.run_phases(&work);
    }
}

#[test]
fn inactive_members_take_no_part_until_they_are_wanted() {
    let mut pool = pool(3);
    for active in [1, 2, 3, 1, 3] {
        pool.set_active(active);
        assert_eq!(pool.active(), active);
        let highest = AtomicUsize::new(0);
        struct Members<'a>(&'a AtomicUsize);
        impl Phases for Members<'_> {
            fn count(&self) -> usize {
                100
            }
            fn chunks(&self, _phase: usize) -> usize {
                5
            }
            fn run(&self, _phase: usize, _chunk: usize, member: usize) {
                self.0.fetch_max(member, SeqCst);
            }
        }
        pool.run_phases(&Members(&highest));
        assert!(highest.load(SeqCst) < active, "{active} members are wanted");
    }
}

#[test]
fn a_panic_anywhere_reaches_the_caller_and_hangs_nothing() {
    for culprit in 0..20 {
        let mut pool = pool(3);
        let result = catch_unwind(AssertUnwindSafe(|| {
            struct Bad(usize);
            impl Phases for Bad {
                fn count(&self) -> usize {
                    5
                }
                fn chunks(&self, _phase: usize) -> usize {
                    4
                }
                fn run(&self, phase: usize, chunk: usize, _member: usize) {
                    assert_ne!(4 * phase + chunk, self.0, "the kernel's own defect");
                }
            }
            pool.run_phases(&Bad(culprit));
        }));
        assert!(result.is_err(), "chunk {culprit} panicked");
        let again = catch_unwind(AssertUnwindSafe(|| pool.run(&|_| ())));
        assert!(again.is_err(), "a poisoned pool does not run");
    }
}
