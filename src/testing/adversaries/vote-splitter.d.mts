import type { Adversary } from "../simulation/adversary.ts";

export declare const voters: number;
declare const splitVotes: Adversary;
export default splitVotes;
