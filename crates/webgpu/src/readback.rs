//! Bytes that come back from the device.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::device::{Gpu, lock};
use crate::error::GpuError;

/// Memory that is copied to on the device and read here.
#[derive(Debug)]
pub(crate) struct Readback {
    buffer: wgpu::Buffer,
}

impl Readback {
    /// Room for so many bytes.
    pub(crate) fn new(gpu: &Gpu, bytes: usize) -> Self {
        let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("results"),
            size: bytes.next_multiple_of(16).max(16) as u64,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Readback { buffer }
    }

    /// The bytes of these ranges, one after the other. Ranges are whole words, and fit together. What was submitted before is
    /// computed first.
    pub(crate) async fn read(
        &self,
        gpu: &Gpu,
        ranges: &[(&wgpu::Buffer, Range<usize>)],
        into: &mut Vec<u8>,
    ) -> Result<(), GpuError> {
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let mut end = 0;
        for (from, range) in ranges {
            let (start, len) = (range.start as u64, range.len() as u64);
            encoder.copy_buffer_to_buffer(from, start, &self.buffer, end, len);
            end += len;
        }
        let submission = gpu.queue.submit([encoder.finish()]);
        if end == 0 {
            return gpu.check();
        }
        gpu.counters().read(end);
        let mapped = Mapped::new(gpu, &self.buffer, end, submission).await;
        gpu.check()?;
        // Only a lost device refuses, and a browser may say that it is lost later than that it refuses.
        let lost = |reason: String| gpu.failed(GpuError::Lost { reason });
        mapped.map_err(|error| lost(error.to_string()))?;
        let view = self.buffer.get_mapped_range(..end);
        let view = view.map_err(|error| lost(error.to_string()))?;
        into.extend_from_slice(&view);
        drop(view);
        self.buffer.unmap();
        Ok(())
    }
}

/// A buffer on its way to being readable.
#[derive(Debug)]
pub(crate) struct Mapped {
    gpu: Gpu,
    submission: wgpu::SubmissionIndex,
    answer: Arc<Mutex<Answer>>,
}

#[derive(Debug, Default)]
struct Answer {
    result: Option<Result<(), wgpu::BufferAsyncError>>,
    waker: Option<Waker>,
}

impl Mapped {
    /// So many bytes, once what was submitted is computed.
    pub(crate) fn new(
        gpu: &Gpu,
        buffer: &wgpu::Buffer,
        bytes: u64,
        submission: wgpu::SubmissionIndex,
    ) -> Self {
        let answer = Arc::new(Mutex::new(Answer::default()));
        let given = answer.clone();
        buffer.map_async(wgpu::MapMode::Read, ..bytes, move |result| {
            let mut answer = lock(&given);
            answer.result = Some(result);
            if let Some(waker) = answer.waker.take() {
                waker.wake();
            }
        });
        Mapped {
            gpu: gpu.clone(),
            submission,
            answer,
        }
    }
}

impl Future for Mapped {
    type Output = Result<(), Unmapped>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        lock(&self.answer).waker = Some(context.waker().clone());
        self.gpu.wake_on_fault(context.waker());
        // Natively nobody else drives the device; in a browser this does nothing, and the answer comes by itself. What was submitted
        // later is not waited for.
        let driven = self.gpu.device.poll(wgpu::PollType::Wait {
            submission_index: Some(self.submission.clone()),
            timeout: None,
        });
        if let Some(result) = lock(&self.answer).result.take() {
            return Poll::Ready(result.map_err(Unmapped::Refused));
        }
        // A device that is lost may never answer.
        match (driven, self.gpu.check()) {
            (Err(error), _) => Poll::Ready(Err(Unmapped::Undriven(error))),
            (_, Err(error)) => Poll::Ready(Err(Unmapped::Fault(error))),
            _ => Poll::Pending,
        }
    }
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmapped {
    #[error("{0}")]
    Refused(wgpu::BufferAsyncError),
    #[error("{0}")]
    Undriven(wgpu::PollError),
    #[error("{0}")]
    Fault(GpuError),
}
