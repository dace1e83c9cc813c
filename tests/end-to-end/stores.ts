/** The labs' user ids of the stores, as a client sends them in x-rls-user-id. */
export const userIdOf = {
  seattle: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
  bellevue: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  tacoma: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
  spokane: 'd8e9f0a1-b2c3-4567-8901-234567890abc',
  everett: '3b9ac9fa-cd5e-4b92-a7f2-b8c1d0e9f2a3',
  redmond: 'e7f8a9b0-c1d2-3e4f-5678-90abcdef1234',
  kirkland: '9c8b7a65-4321-fed0-9876-543210fedcba',
  online: '2f4e6d8c-1a3b-5c7e-9f0a-b2d4f6e8c0a2',
} as const;

export const everyStoreInTheLabs = '00000000-0000-0000-0000-000000000000';
