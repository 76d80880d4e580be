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
        let refused = |reason: String| GpuError::refused("to give its results", reason);
        mapped.map_err(|error| refused(error.to_string()))?;
        let view = self.buffer.get_mapped_range(..end);
        let view = view.map_err(|error| refused(error.to_string()))?;
        into.extend_from_slice(&view);
        drop(view);
        self.buffer.unmap();
        Ok(())
    }
}

/// A buffer on its way to being readable.
#[derive(Debug)]
pub(crate) struct Mapped {
    device: wgpu::Device,
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
            device: gpu.device.clone(),
            submission,
            answer,
        }
    }
}

impl Future for Mapped {
    type Output = Result<(), wgpu::BufferAsyncError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        lock(&self.answer).waker = Some(context.waker().clone());
        // Natively nobody else drives the device; in a browser this does nothing, and the answer comes by itself. An error of it is
        // the mapping's as well. What was submitted later is not waited for.
        let _ = self.device.poll(wgpu::PollType::Wait {
            submission_index: Some(self.submission.clone()),
            timeout: None,
        });
        match lock(&self.answer).result.take() {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        }
    }
}
