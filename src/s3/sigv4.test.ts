import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encoded, digestOf } from '../oci/digest.ts';
import { signed } from './sigv4.ts';

// The example of Amazon's documentation.
const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

test('signed() signs as S3 does', () => {
  const headers = signed(
    {
      method: 'GET',
      url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
      headers: { range: 'bytes=0-9' },
      payload: encoded(digestOf('')),
    },
    CREDENTIALS,
    'us-east-1',
    new Date('2013-05-24T00:00:00Z'),
  );
  assert.equal(
    headers['authorization'],
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
  assert.equal(headers['x-amz-date'], '20130524T000000Z');
});

test('signed() carries a session token, and signs it', () => {
  const request = {
    method: 'GET',
    url: new URL('https://b.example/k'),
    headers: {},
    payload: encoded(digestOf('')),
  };
  const now = new Date(0);
  const plain = signed(request, CREDENTIALS, 'r', now);
  const token = signed(request, { ...CREDENTIALS, sessionToken: 't' }, 'r', now);
  assert.equal(token['x-amz-security-token'], 't');
  assert.notEqual(token['authorization'], plain['authorization']);
});
