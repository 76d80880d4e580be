//! What a device can do at best, by plain shaders: memory copied per second, and operations per second in a product of
//! matrices, in f32 and, where the device has it, in half precision.
//!
//! A share of a ceiling says how far from the device's limit a model runs. Work is handed over in batches that are long
//! enough for the clock, and the best of several counts. A multiplication with an addition is two operations.

use hearth_kernels::gpu::{Binding, MAX_WORKGROUPS, Shader};
use web_time::Instant;

use crate::device::Gpu;
use crate::error::GpuError;
use crate::readback::Readback;

/// Bytes that are copied at most.
const COPY_BYTES: usize = 512 << 20;
/// Columns of the largest matrix, and of the smallest, which slow devices take seconds for.
const MAX_COLUMNS: usize = 4096;
const MIN_COLUMNS: usize = 256;
/// Columns that the product's workgroups take.
const TILE: usize = 128;
/// Seconds of a batch at least.
const BATCH_SECONDS: f64 = 0.1;
/// Batches of which the best counts.
const RUNS: usize = 5;

/// Ceilings of a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GpuCeilings {
    /// Bytes of a buffer that were copied to another: of each, one is read and one is written.
    pub copied_bytes: usize,
    /// Bytes read and written per second meanwhile.
    pub memory_bytes_per_s: f64,
    /// Columns of the square matrices that were multiplied.
    pub columns: usize,
    /// Operations per second on f32.
    pub f32_ops_per_s: f64,
    /// Operations per second on half-precision numbers, where the device has them.
    pub f16_ops_per_s: Option<f64>,
}

/// The type of a product's numbers.
#[derive(Clone, Copy)]
enum Numbers {
    F32,
    F16,
}

impl Numbers {
    fn bytes(self) -> usize {
        match self {
            Numbers::F32 => 4,
            Numbers::F16 => 2,
        }
    }

    /// The product's shader.
    fn source(self) -> String {
        let four = match self {
            Numbers::F32 => "alias Four = vec4<f32>;\n",
            Numbers::F16 => "alias Four = vec4<f16>;\n",
        };
        four.to_owned() + include_str!("ceilings/matmul.wgsl")
    }
}

/// A shader with the buffers that it reads and writes.
struct Work<'a> {
    gpu: &'a Gpu,
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    to: wgpu::Buffer,
    grid: [u32; 3],
}

impl GpuCeilings {
    /// Measure a device.
    pub async fn measure(gpu: &Gpu) -> Result<Self, GpuError> {
        let copied_bytes = COPY_BYTES.min(gpu.max_binding_bytes() / 16 * 16);
        let zeros = gpu.storage("ceilings", copied_bytes);
        let copying = copy(gpu, zeros, copied_bytes).await?;
        let copy_seconds = copying.best_seconds().await?;
        drop(copying);
        let (columns, f32_seconds) = best_product(gpu, Numbers::F32).await?;
        let f16 = match gpu.features().f16 {
            true => Some(best_product(gpu, Numbers::F16).await?),
            false => None,
        };
        let ops_per_s = |(columns, seconds): (usize, f64)| 2.0 * (columns as f64).powi(3) / seconds;
        Ok(GpuCeilings {
            copied_bytes,
            memory_bytes_per_s: 2.0 * copied_bytes as f64 / copy_seconds,
            columns,
            f32_ops_per_s: ops_per_s((columns, f32_seconds)),
            f16_ops_per_s: f16.map(ops_per_s),
        })
    }
}

/// Columns of the largest matrices that are multiplied fast enough, and the seconds that it takes.
async fn best_product(gpu: &Gpu, numbers: Numbers) -> Result<(usize, f64), GpuError> {
    let mut columns = MIN_COLUMNS;
    loop {
        let zeros = gpu.storage("ceilings", numbers.bytes() * columns * columns);
        let work = product(gpu, zeros, columns, numbers).await?;
        let seconds = work.best_seconds().await?;
        if columns >= MAX_COLUMNS || seconds * 8.0 >= 4.0 * BATCH_SECONDS {
            return Ok((columns, seconds));
        }
        columns *= 2;
    }
}

/// A copy of `a`.
async fn copy(gpu: &Gpu, a: wgpu::Buffer, bytes: usize) -> Result<Work<'_>, GpuError> {
    let groups = u32::try_from((bytes / 16).div_ceil(256)).unwrap_or(u32::MAX);
    let y = groups.div_ceil(MAX_WORKGROUPS).max(1);
    let grid = [groups.div_ceil(y), y, 1];
    let source = include_str!("ceilings/copy.wgsl");
    Work::new(gpu, "copy", source.to_owned(), 0, (a, bytes), grid).await
}

/// The product of a matrix, transposed, with itself.
async fn product(
    gpu: &Gpu,
    a: wgpu::Buffer,
    columns: usize,
    numbers: Numbers,
) -> Result<Work<'_>, GpuError> {
    assert!(columns.is_multiple_of(TILE));
    let tiles = (columns / TILE) as u32;
    let source = numbers.source();
    let to = (a, numbers.bytes() * columns * columns);
    Work::new(gpu, "product", source, columns, to, [tiles, tiles, 1]).await
}

impl<'a> Work<'a> {
    async fn new(
        gpu: &'a Gpu,
        name: &'static str,
        source: String,
        param: usize,
        (a, bytes): (wgpu::Buffer, usize),
        grid: [u32; 3],
    ) -> Result<Work<'a>, GpuError> {
        let shader = Shader {
            name: name.into(),
            source: source.into(),
            bindings: vec![Binding::Read, Binding::ReadWrite],
            workgroup_size: [256, 1, 1],
        };
        let made = gpu.pipelines.get(gpu, &shader).await?;
        let params = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(name),
            size: 16,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        gpu.write(&params, 0, &(param as u128).to_le_bytes());
        let to = gpu.storage(name, bytes);
        let entries: Vec<_> = (0..)
            .zip([&params, &a, &to])
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(name),
            layout: &made.layout,
            entries: &entries,
        });
        gpu.check()?;
        Ok(Work {
            gpu,
            pipeline: made.pipeline,
            group,
            to,
            grid,
        })
    }

    /// Do it so many times, and wait for the end.
    async fn run(&self, times: usize) -> Result<Vec<u8>, GpuError> {
        let device = &self.gpu.device;
        let mut encoder = device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[0]);
        let [x, y, z] = self.grid;
        for _ in 0..times {
            pass.dispatch_workgroups(x, y, z);
        }
        drop(pass);
        self.gpu.queue.submit([encoder.finish()]);
        self.read(16).await
    }

    /// The first bytes of the result.
    async fn read(&self, bytes: usize) -> Result<Vec<u8>, GpuError> {
        let mut read = Vec::new();
        let memory = Readback::new(self.gpu, bytes);
        let range = [(&self.to, 0..bytes)];
        memory.read(self.gpu, &range, &mut read).await?;
        Ok(read)
    }

    /// Seconds of one time, in the best batch.
    async fn best_seconds(&self) -> Result<f64, GpuError> {
        let mut times = 1;
        let mut best = self.seconds(times).await?;
        loop {
            let seconds = self.seconds(times).await?;
            best = best.min(seconds);
            if seconds * times as f64 >= BATCH_SECONDS {
                break;
            }
            times *= 2;
        }
        for _ in 1..RUNS {
            best = best.min(self.seconds(times).await?);
        }
        Ok(best.max(1e-9))
    }

    async fn seconds(&self, times: usize) -> Result<f64, GpuError> {
        let started = Instant::now();
        self.run(times).await?;
        Ok(started.elapsed().as_secs_f64() / times as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_computed_is_right() {
        let gpu = match pollster::block_on(Gpu::open()) {
            Ok(gpu) => gpu,
            Err(error) => return eprintln!("SKIPPED: what_is_computed_is_right: {error}"),
        };
        let n = 2 * TILE;
        let a: Vec<f32> = (0..n * n).map(|i| (i * 7 % 13) as f32 - 6.0).collect();
        let bytes: &[u8] = bytemuck::cast_slice(&a);
        let run = |work: Work<'_>| {
            pollster::block_on(work.run(1)).expect("it runs");
            pollster::block_on(work.read(bytes.len())).expect("it is there")
        };
        let copied = copy(&gpu, gpu.filled("a", bytes), bytes.len());
        assert_eq!(run(pollster::block_on(copied).expect("it fits")), bytes);
        let multiply = |numbers: Numbers, bytes: &[u8]| {
            let made = product(&gpu, gpu.filled("a", bytes), n, numbers);
            let work = pollster::block_on(made).expect("it fits");
            pollster::block_on(work.run(1)).expect("it runs");
            pollster::block_on(work.read(bytes.len())).expect("it is there")
        };
        let mut products: Vec<Vec<f32>> =
            vec![bytemuck::pod_collect_to_vec(&multiply(Numbers::F32, bytes))];
        if gpu.features().f16 {
            let halves: Vec<half::f16> = a.iter().map(|&x| half::f16::from_f32(x)).collect();
            let bytes: Vec<u8> = halves.iter().flat_map(|x| x.to_le_bytes()).collect();
            let got = multiply(Numbers::F16, &bytes);
            let got = got
                .chunks_exact(2)
                .map(|x| half::f16::from_le_bytes([x[0], x[1]]));
            products.push(got.map(f32::from).collect());
        }
        for (row, column) in [(0, 0), (1, 0), (5, 77), (127, 128), (255, 3), (200, 255)] {
            // Small whole numbers: sums are exact, of half precision up to 2048.
            let want: f32 = (0..n).map(|k| a[k * n + row] * a[k * n + column]).sum();
            for (got, largest) in products.iter().zip([f32::INFINITY, 2048.0]) {
                let got: f32 = got[row * n + column];
                assert!(
                    got == want || want > largest,
                    "{row}, {column}: {got}, not {want}"
                );
            }
        }
    }
}
