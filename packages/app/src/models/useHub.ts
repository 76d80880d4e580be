/** The catalogue and the machine, found out once. */
import { useEffect, useState } from "react";
import { fetchHubCatalogue, type HubModel } from "./hub-catalogue.js";
import { inspectMachine, type Machine } from "./machine.js";

let machine: Promise<Machine> | undefined;
let models: Promise<readonly HubModel[]> | undefined;

/** What this machine offers; `undefined` until it is known. */
export function useMachine(): Machine | undefined {
  machine ??= inspectMachine();
  return useResult(machine);
}

/** Models that can be downloaded; none where the host offers none, or cannot be reached. */
export function useHubModels(): readonly HubModel[] | undefined {
  models ??= fetchHubCatalogue().catch(() => []);
  return useResult(models);
}

function useResult<T>(promise: Promise<T>): T | undefined {
  const [result, setResult] = useState<T>();
  useEffect(() => {
    let isHere = true;
    void promise.then((found) => isHere && setResult(() => found));
    return () => {
      isHere = false;
    };
  }, [promise]);
  return result;
}
