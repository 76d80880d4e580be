//! Bytes that start at a cache line, and how they come to be: all zero, or written once, part by part.
//!
//! Memory is first touched by whoever writes it: the system gives pages at the first touch, which takes longer than
//! the writing, so threads that share a weight's writing share that as well. This is one of the few files with `unsafe`.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A cache line.
const ALIGN: usize = 64;

/// Bytes that start at a 64-byte boundary.
#[derive(Debug, Default)]
pub struct AlignedBytes {
    memory: Vec<u8>,
    start: usize,
}

impl AlignedBytes {
    /// `len` zero bytes. Those that are never written may take no memory.
    pub fn zeroed(len: usize) -> Self {
        // A vector of aligned lines would be written with zeros; one of bytes comes as the system gives it.
        let mut memory = vec![0; len + ALIGN - 1];
        let start = to_boundary(memory.as_ptr());
        memory.truncate(start + len);
        AlignedBytes { memory, start }
    }
}

impl Clone for AlignedBytes {
    fn clone(&self) -> Self {
        let mut bytes = AlignedBytes::zeroed(self.len());
        bytes.copy_from_slice(self);
        bytes
    }
}

impl std::ops::Deref for AlignedBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.memory[self.start..]
    }
}

impl std::ops::DerefMut for AlignedBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..]
    }
}

/// Bytes between an address and the next boundary.
fn to_boundary(start: *const u8) -> usize {
    start.addr().next_multiple_of(ALIGN) - start.addr()
}

/// Bytes whose memory is there from the beginning, and which are written from the start to the end.
#[derive(Debug)]
pub(super) struct GrowingBytes {
    /// Padding, and what was written. Its capacity is that of all the bytes.
    memory: Vec<u8>,
    start: usize,
}

impl GrowingBytes {
    /// None yet of `len` bytes.
    pub(super) fn with_capacity(len: usize) -> Self {
        let mut memory = Vec::with_capacity(len + ALIGN - 1);
        let start = to_boundary(memory.as_ptr());
        memory.resize(start, 0);
        GrowingBytes { memory, start }
    }

    /// Let `write` write the next `len` bytes, which it gets as one [`Unwritten`], to be split among threads. They are
    /// there afterwards if it wrote all and succeeded; whether it wrote all is given back. Panics if the capacity does
    /// not hold them.
    pub(super) fn extend_with<E>(
        &mut self,
        len: usize,
        write: impl FnOnce(Unwritten<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let written = AtomicUsize::new(0);
        let next = Unwritten {
            bytes: &mut self.memory.spare_capacity_mut()[..len],
            written: &written,
        };
        write(next)?;
        // Threads that wrote have been waited for, since they borrowed from `written`.
        let is_whole = written.into_inner() == len;
        if is_whole {
            // SAFETY: `spare_capacity_mut` had `len` bytes; parts of an `Unwritten` do not overlap and are counted once,
            // after they were written, so a count of `len` means that all of them were.
            unsafe { self.memory.set_len(self.memory.len() + len) };
        }
        Ok(is_whole)
    }

    /// What was written.
    pub(super) fn finish(self) -> AlignedBytes {
        AlignedBytes {
            memory: self.memory,
            start: self.start,
        }
    }
}

/// Bytes that nobody has written yet.
#[derive(Debug)]
pub(super) struct Unwritten<'a> {
    bytes: &'a mut [MaybeUninit<u8>],
    /// Counts the bytes written.
    written: &'a AtomicUsize,
}

impl<'a> Unwritten<'a> {
    /// The first `len` bytes, and the rest. Panics if there are fewer.
    pub(super) fn split_at(self, len: usize) -> (Self, Self) {
        let written = self.written;
        let (head, tail) = self.bytes.split_at_mut(len);
        let part = |bytes| Unwritten { bytes, written };
        (part(head), part(tail))
    }

    /// The bytes, zero.
    pub(super) fn zeroed(self) -> &'a mut [u8] {
        self.bytes.fill(MaybeUninit::new(0));
        self.written.fetch_add(self.bytes.len(), Relaxed);
        // SAFETY: the line before the last has written them all.
        unsafe { self.bytes.assume_init_mut() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_aligned(bytes: &[u8]) -> bool {
        bytes.as_ptr().addr().is_multiple_of(ALIGN)
    }

    #[test]
    fn bytes_start_at_a_cache_line() {
        for len in [0, 1, 63, 64, 65, 1000, 1 << 20] {
            let mut zeroed = AlignedBytes::zeroed(len);
            assert!(is_aligned(&zeroed) && zeroed.len() == len);
            assert!(zeroed.iter().all(|&byte| byte == 0));
            zeroed.fill(7);
            let copy = zeroed.clone();
            assert!(is_aligned(&copy) && copy[..] == zeroed[..]);
        }
    }

    #[test]
    fn bytes_grow_by_parts_in_any_order() {
        let mut growing = GrowingBytes::with_capacity(100);
        for step in [40, 0, 60] {
            let whole = growing.extend_with(step, |bytes| {
                let (head, tail) = bytes.split_at(step / 3);
                tail.zeroed().fill(2);
                head.zeroed().fill(1);
                Ok::<_, ()>(())
            });
            assert_eq!(whole, Ok(true));
        }
        let bytes = growing.finish();
        assert!(is_aligned(&bytes));
        let want = [vec![1; 13], vec![2; 27], vec![1; 20], vec![2; 40]].concat();
        assert_eq!(bytes[..], want[..]);
    }

    #[test]
    fn what_was_not_written_is_not_there() {
        let mut growing = GrowingBytes::with_capacity(100);
        let half = growing.extend_with(50, |bytes| {
            bytes.split_at(25).0.zeroed();
            Ok::<_, ()>(())
        });
        assert_eq!(half, Ok(false));
        let failed = growing.extend_with(50, |bytes| {
            bytes.zeroed();
            Err("no")
        });
        assert_eq!(failed, Err("no"));
        assert!(growing.finish().is_empty());
    }
}
