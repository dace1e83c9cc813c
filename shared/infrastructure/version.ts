import manifest from '../../package.json' with { type: 'json' };

export const serverName = manifest.name;
export const serverVersion = manifest.version;
