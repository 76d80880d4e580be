//! What steps cost, by the device's own clock. Only while somebody asks for it: each node is then a pass of its own, with a time
//! at its beginning and one at its end.

use std::ops::Range;

use hearth_graph::Bindings;
use hearth_graph::profile::{Cost, Profile, value_bytes_of};

use crate::binding::Bound;
use crate::device::Gpu;
use crate::dispatch::DispatchList;
use crate::error::GpuError;
use crate::program::GpuProgram;
use crate::readback::Readback;

/// Times of a set at most: what every device gives.
const SET_TIMES: usize = 4096;
const TIME_BYTES: usize = 8;

/// Counts steps.
#[derive(Debug)]
pub(crate) struct Profiler {
    profile: Profile,
    /// Steps whose times are still on the device.
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    /// The nodes that were computed, each with its dispatches.
    nodes: Vec<(usize, u64)>,
    bindings: Bindings,
    /// Two times of each node; nothing where the device tells no times.
    times: Option<wgpu::Buffer>,
}

impl Profiler {
    /// Start from nothing, where buffers take so many bytes.
    pub(crate) fn new(buffer_bytes: u64) -> Self {
        let profile = Profile {
            buffer_bytes,
            ..Profile::default()
        };
        Profiler {
            profile,
            steps: Vec::new(),
        }
    }

    /// Put a step's dispatches into `encoder`, with times.
    pub(crate) fn encode(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        (list, bound): (&DispatchList, &[Bound]),
        bindings: &Bindings,
    ) {
        let nodes = nodes(list, bound);
        let sets = sets(gpu, nodes.len());
        for (n, (_, dispatches)) in nodes.iter().enumerate() {
            let (set, at) = (2 * n / SET_TIMES, (2 * n % SET_TIMES) as u32);
            let times = sets.get(set).map(|set| wgpu::ComputePassTimestampWrites {
                query_set: set,
                beginning_of_pass_write_index: Some(at),
                end_of_pass_write_index: Some(at + 1),
            });
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: None,
                timestamp_writes: times,
            });
            list.encode(&mut pass, bound, dispatches.clone());
        }
        let of_node = |(node, dispatches): (usize, Range<usize>)| {
            let taken = list.grids[dispatches].iter();
            (node, taken.filter(|grid| !grid.contains(&0)).count() as u64)
        };
        self.steps.push(Step {
            times: resolve(gpu, encoder, &sets, 2 * nodes.len()),
            nodes: nodes.into_iter().map(of_node).collect(),
            bindings: *bindings,
        });
    }

    /// What all steps so far cost.
    pub(crate) async fn collect(
        &mut self,
        gpu: &Gpu,
        program: &GpuProgram,
    ) -> Result<Profile, GpuError> {
        for step in std::mem::take(&mut self.steps) {
            let times = step.read(gpu).await?;
            let period = f64::from(gpu.queue.get_timestamp_period());
            for (n, (node, dispatches)) in step.nodes.iter().enumerate() {
                let ticks = match times.get(2 * n..2 * n + 2) {
                    Some(times) => times[1].saturating_sub(times[0]),
                    None => 0,
                };
                let at = &program.graph().nodes()[*node];
                let weight_bytes = program.weight_bytes_of(*node) as u64;
                let values = value_bytes_of(program.graph(), at, &step.bindings);
                let cost = Cost {
                    calls: 1,
                    nanos: (ticks as f64 * period) as u64,
                    weight_bytes,
                    bytes: weight_bytes + values,
                    dispatches: *dispatches,
                };
                self.profile.add(at, cost);
            }
        }
        Ok(self.profile.clone())
    }
}

impl Step {
    async fn read(&self, gpu: &Gpu) -> Result<Vec<u64>, GpuError> {
        let Some(times) = &self.times else {
            return Ok(Vec::new());
        };
        let bytes = 2 * self.nodes.len() * TIME_BYTES;
        let mut read = Vec::with_capacity(bytes);
        let memory = Readback::new(gpu, bytes);
        memory.read(gpu, &[(times, 0..bytes)], &mut read).await?;
        Ok(bytemuck::pod_collect_to_vec(&read))
    }
}

/// Each node with its dispatches, which are neighbours, if there are any in this step.
fn nodes(list: &DispatchList, bound: &[Bound]) -> Vec<(usize, Range<usize>)> {
    let mut nodes: Vec<(usize, Range<usize>)> = Vec::new();
    for (index, (bound, grid)) in bound.iter().zip(&list.grids).enumerate() {
        match nodes.last_mut() {
            _ if grid.contains(&0) => {}
            Some((node, dispatches)) if *node == bound.node => dispatches.end = index + 1,
            _ => nodes.push((bound.node, index..index + 1)),
        }
    }
    nodes
}

/// Room for two times of each node; none where the device tells no times.
fn sets(gpu: &Gpu, nodes: usize) -> Vec<wgpu::QuerySet> {
    if !gpu
        .device
        .features()
        .contains(wgpu::Features::TIMESTAMP_QUERY)
    {
        return Vec::new();
    }
    let starts = (0..2 * nodes).step_by(SET_TIMES);
    let set = |start: usize| {
        gpu.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("times"),
            ty: wgpu::QueryType::Timestamp,
            count: (2 * nodes - start).min(SET_TIMES) as u32,
        })
    };
    starts.map(set).collect()
}

/// A buffer with the times of all sets.
fn resolve(
    gpu: &Gpu,
    encoder: &mut wgpu::CommandEncoder,
    sets: &[wgpu::QuerySet],
    times: usize,
) -> Option<wgpu::Buffer> {
    if sets.is_empty() {
        return None;
    }
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("times"),
        size: (times * TIME_BYTES) as u64,
        usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    for (n, set) in sets.iter().enumerate() {
        let start = n * SET_TIMES;
        let count = (times - start).min(SET_TIMES) as u32;
        let at = (start * TIME_BYTES) as u64;
        encoder.resolve_query_set(set, 0..count, &buffer, at);
    }
    Some(buffer)
}
