//! An adapter and its device.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use hearth_kernels::gpu::ProductVariant;

use crate::error::GpuError;
use crate::features::Features;
use crate::pipelines::Pipelines;
use crate::traffic::{Counters, Traffic};
use crate::trial::Trials;

/// What is taken of an adapter where it has it; timestamps are for profiles.
const WANTED: wgpu::Features = wgpu::Features::TIMESTAMP_QUERY
    .union(wgpu::Features::SHADER_F16)
    .union(wgpu::Features::SUBGROUP);

/// A device, and what happened on it.
#[derive(Clone, Debug)]
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    features: Features,
    name: String,
    is_software: bool,
    max_binding_bytes: usize,
    fault: Arc<Mutex<Fault>>,
    counters: Arc<Counters>,
    pub(crate) pipelines: Pipelines,
    pub(crate) trials: Arc<Mutex<Trials>>,
    /// The only way to multiply, where one was asked for.
    pub(crate) only: Option<ProductVariant>,
}

/// What went wrong, and who waits for the device meanwhile.
#[derive(Debug, Default)]
struct Fault {
    error: Option<GpuError>,
    waker: Option<Waker>,
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
        Self::of(&adapter, &instance).await
    }

    async fn of(adapter: &wgpu::Adapter, instance: &wgpu::Instance) -> Result<Self, GpuError> {
        let adapter_info = adapter.get_info();
        // Browsers keep the name to themselves.
        let name = Some(adapter_info.name.clone()).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "WebGPU".to_owned());
        let limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("hearth"),
            required_limits: limits.clone(),
            required_features: adapter.features() & WANTED,
            ..Default::default()
        };
        let device = adapter.request_device(&descriptor).await;
        let (device, queue) = device.map_err(|e| GpuError::NoDevice {
            adapter: name.clone(),
            reason: e.to_string(),
        })?;
        let granted = device.limits();
        let binding = granted
            .max_storage_buffer_binding_size
            .min(granted.max_buffer_size);
        let features = Features::of(&device, instance, &adapter_info).await;
        let gpu = Gpu {
            trials: Arc::new(Mutex::new(Trials::of(&adapter_info, &features))),
            features,
            pipelines: Pipelines::default(),
            only: None,
            device,
            queue,
            name,
            is_software: adapter_info.device_type == wgpu::DeviceType::Cpu,
            max_binding_bytes: usize::try_from(binding).unwrap_or(usize::MAX),
            fault: Arc::default(),
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

    /// What it has beyond the least that WebGPU promises.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Whether it is a processor that plays a GPU: slower than the CPU's own kernels, and good for tests.
    pub fn is_software(&self) -> bool {
        self.is_software
    }

    /// Bytes of a buffer that a shader sees at most.
    pub fn max_binding_bytes(&self) -> usize {
        self.max_binding_bytes
    }

    /// The same device, of whose buffers shaders see no more than so many bytes: as smaller devices are.
    #[must_use]
    pub fn with_max_binding_bytes(mut self, bytes: usize) -> Self {
        self.max_binding_bytes = self.max_binding_bytes.min(bytes);
        self
    }

    /// The same device, which multiplies in this way alone, whether another is faster or not.
    #[must_use]
    pub fn with_only(mut self, variant: ProductVariant) -> Self {
        self.only = Some(variant);
        self
    }

    /// Open a device anew, in place of one that was lost.
    pub async fn reopen(&self) -> Result<Self, GpuError> {
        let gpu = Self::open().await?;
        gpu.remember(&self.record());
        let only = self.only;
        Ok(Gpu { only, ..gpu }.with_max_binding_bytes(self.max_binding_bytes))
    }

    /// Give the device up: it is lost from now on, for all that use it, as when a driver is reset.
    pub fn destroy(&self) {
        self.device.destroy();
        // Natively it is lost only once somebody looks.
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
    }

    /// An error that was met since the device was opened, if there was one. Whoever computes asks after each step.
    pub fn check(&self) -> Result<(), GpuError> {
        lock(&self.fault).error.clone().map_or(Ok(()), Err)
    }

    /// Whether the device is gone: nothing on it can be used any more, and another can be opened.
    pub fn is_lost(&self) -> bool {
        let fault = lock(&self.fault);
        fault.error.as_ref().is_some_and(GpuError::is_lost)
    }

    /// Wake this task too when the device fails: a lost one need not answer.
    pub(crate) fn wake_on_fault(&self, waker: &Waker) {
        lock(&self.fault).waker = Some(waker.clone());
    }

    /// Note an error, and give the one that counts.
    pub(crate) fn failed(&self, error: GpuError) -> GpuError {
        keep(&self.fault, error.clone());
        self.check().err().unwrap_or(error)
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

/// The first error counts, but that the device is gone counts more: it explains the others.
fn keep(fault: &Mutex<Fault>, error: GpuError) {
    let mut fault = lock(fault);
    match &fault.error {
        Some(known) if known.is_lost() || !error.is_lost() => {}
        _ => fault.error = Some(error),
    }
    if let Some(waker) = fault.waker.take() {
        waker.wake();
    }
}

/// What is behind a lock, whoever panicked with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
