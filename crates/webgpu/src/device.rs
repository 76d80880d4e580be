//! An adapter and its device.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hearth_kernels::gpu::GpuConfig;

use crate::error::GpuError;
use crate::traffic::{Counters, Traffic};

/// A device, and what happened on it.
#[derive(Clone, Debug)]
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    config: GpuConfig,
    name: String,
    fault: Arc<Mutex<Option<GpuError>>>,
    counters: Arc<Counters>,
}

impl Gpu {
    /// The fastest device.
    pub async fn open() -> Result<Self, GpuError> {
        // wgpu panics otherwise.
        if wgpu::Instance::enabled_backend_features().is_empty() {
            return Err(GpuError::NoAdapter {
                reason: "this build has none of its interfaces".to_owned(),
            });
        }
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = instance.request_adapter(&options).await;
        let adapter = adapter.map_err(|e| GpuError::NoAdapter {
            reason: e.to_string(),
        })?;
        Self::of(&adapter).await
    }

    async fn of(adapter: &wgpu::Adapter) -> Result<Self, GpuError> {
        // Browsers keep the name to themselves.
        let name = Some(adapter.get_info().name).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "WebGPU".to_owned());
        let limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("hearth"),
            required_limits: limits.clone(),
            // For profiles.
            required_features: adapter.features() & wgpu::Features::TIMESTAMP_QUERY,
            ..Default::default()
        };
        let device = adapter.request_device(&descriptor).await;
        let (device, queue) = device.map_err(|e| GpuError::NoDevice {
            adapter: name.clone(),
            reason: e.to_string(),
        })?;
        let fault = Arc::new(Mutex::new(None));
        let gpu = Gpu {
            config: GpuConfig {
                max_invocations: limits.max_compute_invocations_per_workgroup,
                max_workgroup_bytes: limits.max_compute_workgroup_storage_size,
                ..GpuConfig::LEAST
            },
            device,
            queue,
            name,
            fault,
            counters: Arc::default(),
        };
        gpu.watch();
        Ok(gpu)
    }

    /// Keep the first error that nobody waits for.
    fn watch(&self) {
        let fault = self.fault.clone();
        self.device
            .on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
                keep(&fault, GpuError::refused("a step", error));
            }));
        let fault = self.fault.clone();
        self.device.set_device_lost_callback(move |_, reason| {
            keep(&fault, GpuError::Lost { reason });
        });
    }

    /// The adapter's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it can do.
    pub fn config(&self) -> &GpuConfig {
        &self.config
    }

    /// Bytes of a buffer that a shader sees at most.
    pub fn max_binding_bytes(&self) -> usize {
        let limits = self.device.limits();
        let bytes = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size);
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }

    /// An error that was met since the device was opened, if there was one. Whoever computes asks after each step.
    pub fn check(&self) -> Result<(), GpuError> {
        lock(&self.fault).clone().map_or(Ok(()), Err)
    }

    /// The same device, with counters of its own.
    pub(crate) fn counted_apart(self) -> Gpu {
        let counters = Arc::default();
        Gpu { counters, ..self }
    }

    /// What went to and fro; an executor's device counts what that executor did.
    pub fn traffic(&self) -> Traffic {
        self.counters.traffic()
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// A buffer that shaders read and write, and that is copied to and from.
    pub(crate) fn storage(&self, label: &str, bytes: usize) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.next_multiple_of(16).max(16) as u64,
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_DST
                | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
    }

    /// A buffer with these bytes.
    pub(crate) fn filled(&self, label: &str, bytes: &[u8]) -> wgpu::Buffer {
        let buffer = self.storage(label, bytes.len());
        self.write(&buffer, 0, bytes);
        buffer
    }

    /// Write bytes at a whole word. WebGPU writes whole words: behind the last byte stand zeros.
    pub(crate) fn write(&self, buffer: &wgpu::Buffer, at: usize, bytes: &[u8]) {
        assert!(at.is_multiple_of(4), "it starts at a whole word");
        let (whole, rest) = bytes.split_at(bytes.len() / 4 * 4);
        self.queue.write_buffer(buffer, at as u64, whole);
        if !rest.is_empty() {
            let mut last = [0; 4];
            last[..rest.len()].copy_from_slice(rest);
            let at = (at + whole.len()) as u64;
            self.queue.write_buffer(buffer, at, &last);
        }
    }
}

fn keep(fault: &Mutex<Option<GpuError>>, error: GpuError) {
    lock(fault).get_or_insert(error);
}

/// What is behind a lock, whoever panicked with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
