/** How the engine is told its place: as JSON in the environment variable of this name. Its shape is in engine-port.ts. */
export const engineOptionsVariable = 'ZHANGTAI_ENGINE_OPTIONS';
